/**
 * How a command ended. `done` 0, `failed` 1, `unknown` 3 (it may still be running),
 * `unhealthy` 4 (health checks only).
 */
export type Outcome = 'done' | 'failed' | 'unknown' | 'unhealthy';

/** What a use-case returns: the data are the `data` of the `--json` envelope. */
export interface Result<Data = unknown> {
  readonly outcome: Outcome;
  readonly data: Data;
  /** With `failed` and `unknown`: one sentence, for the envelope and stderr. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** Exit codes as decisions.md settles them. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  done: 0,
  failed: 1,
  unknown: 3,
  unhealthy: 4,
};

/** A command that did what it was asked. */
export function done<Data>(data: Data): Result<Data> {
  return { outcome: 'done', data };
}

/** A command that could not do what it was asked. */
export function failed<Data>(
  data: Data,
  code: string,
  message: string,
  hint?: string,
): Result<Data> {
  return {
    outcome: 'failed',
    data,
    error: { code, message, ...(hint === undefined ? {} : { hint }) },
  };
}

/** A command whose effect is not known: it may still be going on. */
export function unknown<Data>(
  data: Data,
  code: string,
  message: string,
  hint?: string,
): Result<Data> {
  return { ...failed(data, code, message, hint), outcome: 'unknown' };
}
