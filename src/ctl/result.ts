import { DcsError, Interrupted, Refusal } from '../model/errors.ts';

/**
 * How a command ended. `done` 0, `failed` 1, `unknown` 3 (it may still be running),
 * `unhealthy` 4 (`health` and `doctor` only).
 */
type Outcome = 'done' | 'failed' | 'unknown' | 'unhealthy';

/** One sentence on what went wrong, for the envelope and stderr. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a use-case returns: the data are the `data` of the `--json` envelope. */
export interface Result<Data = unknown> {
  readonly outcome: Outcome;
  readonly data: Data;
  /** With `failed` and `unknown`. */
  readonly error?: Failure;
  /** Where the outcome alone does not say it: 2 for wrong usage, 130 after Ctrl-C. */
  readonly exitCode?: number;
}

/** Exit codes as docs/adr/0002 settles them. */
const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  done: 0,
  failed: 1,
  unknown: 3,
  unhealthy: 4,
};

/** Exit code of a process that Ctrl-C ended (128 + SIGINT). */
export const INTERRUPTED = 130;

/** A command that did what it was asked. */
export function done<Data>(data: Data): Result<Data> {
  return { outcome: 'done', data };
}

/** A command that could not do what it was asked. */
export function failed<Data>(data: Data, failure: Failure): Result<Data> {
  return { outcome: 'failed', data, error: failure };
}

/** A command whose effect is not known: it may still be going on. */
export function unknown<Data>(data: Data, failure: Failure): Result<Data> {
  return { outcome: 'unknown', data, error: failure };
}

/**
 * The result of a use-case that threw. Refusals, a silent DCS and Ctrl-C have their sentence; all
 * else is our own mistake and says so, without a stack trace.
 */
export function failureOf(error: unknown): Result<null> {
  if (error instanceof Refusal) {
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    const failure = { code: error.code, message: error.message, ...hint };
    return { ...failed(null, failure), exitCode: error.exitCode };
  }
  if (error instanceof DcsError) {
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return failed(null, { code: 'dcs-unreachable', message: error.message, ...hint });
  }
  if (error instanceof Interrupted) {
    const failure = { code: 'interrupted', message: error.message };
    return { ...failed(null, failure), exitCode: INTERRUPTED };
  }
  const message = error instanceof Error ? error.message : String(error);
  return failed(null, {
    code: 'internal-error',
    message: `pgherd made a mistake of its own: ${message}`,
    hint: 'please report it, with the command line; PGHERD_DEBUG=1 shows where it happened',
  });
}

/**
 * The exit code of a result. `compat` gives what patronictl would: 0 also after a failed or
 * unknown operation that was sent, 1 for refusals, 2 for wrong usage.
 */
export function exitCodeFor(result: Result, compat: boolean, command = ''): number {
  if (compat) return compatExitCode(result, command);
  return result.exitCode ?? EXIT_CODES[result.outcome];
}

/** Commands of patronictl that take a cluster which is not there for an empty one: 0. */
const EMPTY_IS_FINE = new Set('flush history list query show-config topology version'.split(' '));
/** Other refusals for which it has a 0. */
const THEIRS_IS_ZERO = new Set([
  'list no-cluster-name',
  'topology no-cluster-name',
  'query no-such-member',
  'version unknown-member',
]);
/** Wrong usage that its argument parser finds; what its commands find by themselves is a 1. */
const PARSER_ERRORS = new Set(['usage', 'unknown-command']);

function compatExitCode(result: Result, command: string): number {
  const code = result.error?.code ?? '';
  if (result.exitCode === INTERRUPTED) return 1;
  if (/^unknown-(cluster|group)$/.test(code) && EMPTY_IS_FINE.has(command)) return 0;
  if (THEIRS_IS_ZERO.has(`${command} ${code}`)) return 0;
  if (result.exitCode !== undefined) return PARSER_ERRORS.has(code) ? result.exitCode : 1;
  // A use-case that returns data has sent its requests: there patronictl always ends with 0.
  return result.outcome === 'failed' && result.data === null ? 1 : 0;
}
