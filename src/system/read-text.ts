import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { Refusal } from '../model/errors.ts';
import { printable } from './text.ts';

/** No configuration is this large: what is, was named by mistake. */
const MOST_BYTES = 10 * 1024 * 1024;

/**
 * The text of a file, of stdin when it is `-`. Rejects with a `Refusal` that names the file when it
 * cannot be read, is larger than 10 MB or is not UTF-8; with the signal's reason on Ctrl-C.
 */
export async function readText(file: string, signal: AbortSignal): Promise<string> {
  const name = file === '-' ? 'stdin' : printable(file);
  try {
    const stream = file === '-' ? process.stdin : (await open(file)).createReadStream();
    return decode(name, await collect(name, stream, signal));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    signal.throwIfAborted();
    const reason = explain((error as NodeJS.ErrnoException).code) ?? String(error);
    throw new Refusal('unreadable-file', `Could not read ${name}: ${printable(reason)}`);
  }
}

async function collect(name: string, stream: Readable, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of addAbortSignal(signal, stream)) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) throw new Refusal('unreadable-file', `${name} is larger than 10 MB`);
  }
  return Buffer.concat(chunks);
}

function decode(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal('unreadable-file', `${name} is not UTF-8 text`);
  }
}

function explain(code: string | undefined): string | undefined {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'no read rights';
  return code === 'EISDIR' ? 'it is a directory' : undefined;
}
