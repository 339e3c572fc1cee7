import { runProgram } from '../../run-program.ts';
import { shellWords } from './shell-words.ts';

/** A program that the configuration names. */
export interface HookCall {
  /** What it is for, for the log: `pre_promote`. */
  readonly what: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly log: (line: string) => void;
}

/** At most this much of what it printed gets into the log. */
const TAIL_LINES = 5;

/**
 * Runs it to its end, and tells the log how it ended, with the last lines of its output. Undefined:
 * it did well; else why not. Never rejects.
 */
export async function runHook(call: HookCall): Promise<string | undefined> {
  const { what, log, signal } = call;
  const words = shellWords(call.command);
  if (!words) return told(call, 'its command cannot be read');
  const [path, ...args] = words;
  const { failure, stdout, stderr } = await runProgram({
    path,
    args: [...args, ...(call.args ?? [])],
    ...(call.env ? { env: call.env } : {}),
    ...(signal ? { signal } : {}),
  });
  for (const line of lastLines(stdout + stderr)) log(`${what}: ${line}`);
  if (failure !== undefined) return told(call, failure);
  log(`${what} ended well`);
  return undefined;
}

function told({ what, log }: HookCall, failure: string): string {
  log(`${what} failed: ${failure}`);
  return `${what} failed: ${failure}`;
}

/** The last lines of what a program printed. */
export function lastLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').slice(-TAIL_LINES);
}
