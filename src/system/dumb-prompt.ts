import { once } from 'node:events';
import { Interrupted } from '../model/errors.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACE = new Set(['\b', '\u007f']);

/**
 * Asks for one line, in plain text. An empty answer gives `initial`; without one it asks again.
 * Rejects with `Interrupted` when stdin ends (Ctrl-D), with an `AbortError` when `signal` is
 * aborted.
 */
export async function askLine(
  message: string,
  initial: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const shown = initial ? `${message} [${initial}]: ` : `${message}: `;
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  // Otherwise an answer that cannot come any more would be waited for until Node gives up.
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    for (;;) {
      const answer = await lines.question(shown, { signal: either });
      if (answer !== '' || initial !== undefined) return answer || (initial ?? '');
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    process.stderr.write('\n');
    throw new Interrupted();
  } finally {
    lines.close();
  }
}

/** Asks for one line that is not shown while it is typed. Rejects as `askLine` does. */
export async function askHidden(message: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(`${message}: `);
  stdin.setRawMode(true);
  let answer: string[] = [];
  try {
    for (;;) {
      const [typed] = await once(stdin, 'data', { signal });
      for (const key of String(typed)) {
        if (key === '\r' || key === '\n') return answer.join('');
        if (key === CTRL_C || key === CTRL_D) throw new Interrupted();
        answer = BACKSPACE.has(key) ? answer.slice(0, -1) : [...answer, key];
      }
    }
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
