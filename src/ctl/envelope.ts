import type { Result } from './result.ts';

/** Version of the envelope and of the data in it; raised when a reader would have to change. */
const ENVELOPE_SCHEMA = 'pgherd/1';

/** What `--json` prints: the same keys always, `null` where there is nothing. */
export interface Envelope {
  readonly schema: typeof ENVELOPE_SCHEMA;
  readonly command: string;
  readonly outcome: string;
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly error: { code: string; message: string; hint: string | null } | null;
}

/** Wraps what a use-case returned. `command` is the command's name, e.g. `edit-config`. */
export function envelope(command: string, result: Result, warnings: readonly string[]): Envelope {
  const { error } = result;
  return {
    schema: ENVELOPE_SCHEMA,
    command,
    outcome: result.outcome,
    data: result.data ?? null,
    warnings,
    error: error ? { code: error.code, message: error.message, hint: error.hint ?? null } : null,
  };
}
