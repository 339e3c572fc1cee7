import { programPath } from '../programs.ts';
import { type ProgramResult, runProgram } from '../run-program.ts';
import type { JobRun } from './context.ts';
import { lastLines } from './hooks/run-hook.ts';

/** A run of one of PostgreSQL's own programs. */
export interface ToolCall {
  readonly name: 'initdb' | 'pg_basebackup' | 'pg_rewind' | 'postgres';
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Sees each line that it prints. */
  readonly onLine?: (line: string) => void;
}

/** Between two lines of progress in the log. */
const PROGRESS_MS = 10_000;

/**
 * Runs it to its end, or until the job is cancelled; it dies with the agent. Never rejects. The log
 * gets its beginning, its end, and now and then its progress; what it prints else is for those who
 * look for details, unless it fails: then its last lines are warnings.
 */
export async function runTool(run: JobRun, call: ToolCall): Promise<ProgramResult> {
  const { name, args, env, stdin } = call;
  const say = told(run, name);
  run.log(`${name} begins`);
  const result = await runProgram({
    path: programPath(run.config(), name),
    args,
    ...(env ? { env } : {}),
    ...(stdin === undefined ? {} : { stdin }),
    signal: run.signal,
    onLine: (line) => {
      call.onLine?.(line);
      say(line);
    },
    diesWithAgent: true,
  });
  if (result.failure === undefined) {
    run.log(`${name} ended well`);
  } else if (result.end !== 'cancelled') {
    for (const line of lastLines(result.stderr)) run.log(named(name, line), 'warning');
  }
  return result;
}

/** Lets a line of progress pass now and then. */
function told(run: JobRun, name: string): (line: string) => void {
  let next = performance.now() + PROGRESS_MS;
  return (line) => {
    if (!/^\s*\d+\/\d+ kB/.test(line)) return run.log(named(name, line), 'debug');
    const now = performance.now();
    if (now < next) return;
    next = now + PROGRESS_MS;
    run.log(named(name, line));
  };
}

/** Some of their lines begin with the name of the program already. */
function named(name: string, line: string): string {
  const text = line.trim();
  return text.startsWith(`${name}: `) ? text : `${name}: ${text}`;
}
