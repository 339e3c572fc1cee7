import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import { confFiles } from '../conf/conf-files.ts';
import { programPath } from '../programs.ts';
import { runProgram } from '../run-program.ts';
import { type JobRun, stopIfCancelled } from './context.ts';
import { lastLines } from './hooks/run-hook.ts';

/** A WAL segment that waits for the archiver; only such names are put into a command. */
const READY = /^([0-9A-F]{24}(?:\.partial)?)\.ready$/;
/** The archive may be out of reach, and a rejoin does not wait for it for ever. */
const COMMAND_MS = 300_000;

/**
 * Archives what this server has not archived yet: pg_rewind, and the recycling of WAL after it,
 * would make a hole in the archive (P#2384, C#6141). What cannot be archived is told and left.
 */
export async function archiveReady(run: JobRun): Promise<void> {
  const config = run.config();
  const waiting = await readyFiles(config.dataDir);
  if (waiting.length === 0) return;
  const command = await archiveCommand(config);
  if (command === undefined) return;
  for (const name of waiting) {
    stopIfCancelled(run);
    if (!(await archive(name, command, run))) return;
  }
}

/**
 * Removes the marks of WAL that is archived: what has none is not recycled, and pg_rewind may need
 * it to find where the timelines part.
 */
export async function keepArchivedWal(dataDir: string): Promise<void> {
  const directory = statusDirectory(dataDir);
  for (const name of existsSync(directory) ? await readdir(directory) : []) {
    if (name.endsWith('.done')) await rm(join(directory, name), { force: true });
  }
}

/** The value of a parameter in the files; undefined: none, or PostgreSQL does not say. */
export async function configuredSetting(
  config: PostgresConfig,
  name: string,
): Promise<string | undefined> {
  const { failure, stdout } = await runProgram({
    path: programPath(config, 'postgres'),
    args: ['-D', config.dataDir, '-C', name, `--config-file=${confFiles(config).conf}`],
    timeoutMs: 10_000,
  });
  return failure === undefined ? stdout.trim() || undefined : undefined;
}

async function readyFiles(dataDir: string): Promise<string[]> {
  const directory = statusDirectory(dataDir);
  const names = existsSync(directory) ? await readdir(directory) : [];
  return names.flatMap((name) => READY.exec(name)?.[1] ?? []).sort();
}

function statusDirectory(dataDir: string): string {
  return join(resolve(dataDir), 'pg_wal', 'archive_status');
}

async function archiveCommand(config: PostgresConfig): Promise<string | undefined> {
  const mode = await configuredSetting(config, 'archive_mode');
  if (mode !== 'on' && mode !== 'always') return undefined;
  const library = await configuredSetting(config, 'archive_library');
  return library === undefined ? configuredSetting(config, 'archive_command') : undefined;
}

/** As PostgreSQL's archiver does it: by a shell, in the data directory. */
async function archive(name: string, command: string, run: JobRun): Promise<boolean> {
  const dataDir = resolve(run.config().dataDir);
  const { failure, stderr } = await runProgram({
    path: '/bin/sh',
    args: ['-c', fillIn(command, name)],
    cwd: dataDir,
    timeoutMs: COMMAND_MS,
    signal: run.signal,
  });
  if (failure !== undefined) {
    run.log(`${name} is not archived: ${[failure, ...lastLines(stderr)].join(': ')}`);
    return false;
  }
  const status = statusDirectory(dataDir);
  await rename(join(status, `${name}.ready`), join(status, `${name}.done`));
  return true;
}

/** `%p`: the path of the segment, `%f`: its name, `%%`: a percent sign. */
export function fillIn(command: string, name: string): string {
  const values: Readonly<Record<string, string>> = { p: `pg_wal/${name}`, f: name, '%': '%' };
  return command.replace(/%([pf%])/g, (_, letter: string) => values[letter] ?? '');
}
