import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../model/errors.ts';
import { isRecord, type Json } from '../model/json.ts';
import { printable } from '../system/text.ts';
import { mergePatch } from './patch.ts';
import { secretsIn } from './secrets.ts';
import { parseYaml, YamlError } from './yaml-text.ts';

/** More than any configuration needs: somebody named the wrong file. */
const MAX_BYTES = 1024 * 1024;
const PIECE_BYTES = 16 * 1024;

/** What the configuration files say, and which files were read. */
export interface FileConfig {
  readonly config: Readonly<Record<string, Json>>;
  readonly files: readonly string[];
  /** Those that have a password in them and can be read by everybody on this machine. */
  readonly exposed: readonly string[];
}

/**
 * Reads a configuration file, or all `*.yml` and `*.yaml` files of a directory in the order of
 * their names, merged as Patroni merges them. Rejects with a `Refusal` of one sentence, and the
 * hint that is given for a file that cannot be read.
 */
export async function readConfigFiles(path: string, hint: string): Promise<FileConfig> {
  try {
    return await readAll(path);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Refusal('config-unreadable', error.message, { hint });
  }
}

async function readAll(path: string): Promise<FileConfig> {
  const files = await filesOf(path);
  const exposed: string[] = [];
  let config: Record<string, Json> = {};
  for (const file of files) {
    const map = await readMap(file);
    config = mergePatch(config, map);
    if (secretsIn(map).length > 0 && (await isPublic(file))) exposed.push(file);
  }
  return { config, files, exposed };
}

async function isPublic(file: string): Promise<boolean> {
  const { mode } = await attempt(file, () => stat(file));
  return (mode & 0o004) !== 0;
}

/** Reads YAML that must be a map; `source` is named in the refusal. */
export function parseConfigText(text: string, source: string): Readonly<Record<string, Json>> {
  const shown = printable(source);
  try {
    const value = parseYaml(text, { source: shown });
    if (isJsonMap(value)) return value;
    throw badConfig(
      value === null
        ? `${shown} is empty: no settings are in it`
        : `${shown} must be a map of settings (key: value), and not ${nameOfKind(value)}`,
    );
  } catch (error) {
    if (error instanceof YamlError) throw badConfig(printable(error.message));
    throw error;
  }
}

function isJsonMap(value: Json): value is Readonly<Record<string, Json>> {
  return isRecord(value);
}

function nameOfKind(value: Json): string {
  return Array.isArray(value) ? 'a list' : 'one single value';
}

async function filesOf(path: string): Promise<string[]> {
  const found = await attempt(path, () => stat(path));
  if (found.isFile()) return [path];
  if (!found.isDirectory()) {
    throw badConfig(`${printable(path)} is neither a file nor a directory`);
  }
  const names = await attempt(path, () => readdir(path));
  const files: string[] = [];
  for (const name of names.filter((one) => /\.ya?ml$/.test(one)).sort()) {
    const file = join(path, name);
    if ((await attempt(file, () => stat(file))).isFile()) files.push(file);
  }
  if (files.length > 0) return files;
  throw badConfig(`The directory ${printable(path)} has no file named *.yml or *.yaml`);
}

async function readMap(file: string): Promise<Readonly<Record<string, Json>>> {
  const bytes = await attempt(file, () => readLimited(file));
  const shown = printable(file);
  if (bytes.length > MAX_BYTES) {
    throw badConfig(`${shown} has more than 1 MiB: that is no configuration`);
  }
  return parseConfigText(decode(bytes, shown), file);
}

/** Reads in pieces, and no further than the limit, so that a huge file costs no memory. */
async function readLimited(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const pieces: Buffer[] = [];
    for (let length = 0; length <= MAX_BYTES; ) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafe(PIECE_BYTES) });
      if (bytesRead === 0) break;
      pieces.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Buffer.concat(pieces);
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer, shown: string): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch {
    throw badConfig(`${shown} is not UTF-8 text: see line ${firstBadLine(bytes)}`);
  }
}

function firstBadLine(bytes: Buffer): number {
  // Each byte as one character: newlines are where they are in UTF-8.
  const lines = bytes.toString('latin1').split('\n');
  const bad = lines.findIndex((line) => {
    const original = Buffer.from(line, 'latin1');
    return !original.equals(Buffer.from(original.toString('utf8'), 'utf8'));
  });
  return bad + 1;
}

class Unreadable extends Error {}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new Unreadable(`Cannot read the configuration ${printable(path)}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = isRecord(error) ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  return printable(error instanceof Error ? error.message : String(error));
}

function badConfig(message: string): Refusal {
  return new Refusal('bad-config', message);
}
