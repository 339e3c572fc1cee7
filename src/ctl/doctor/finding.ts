/**
 * `error`: something is broken, or will break the cluster. `warning`: it works, and one thing more
 * that goes wrong would hurt. `info`: worth knowing, and what could not be checked.
 */
export type Severity = 'error' | 'warning' | 'info';

/** One thing that the doctor found. Texts are not yet safe to print. */
export interface Finding {
  /** Stable, kebab-case. */
  readonly id: string;
  readonly severity: Severity;
  /** The member it is about; null when it is about the cluster. */
  readonly member: string | null;
  /** What is wrong, in one sentence without a full stop. */
  readonly title: string;
  /** What was seen that says so. */
  readonly evidence: string;
  /** What to do. */
  readonly remedy: string;
}

/** What could not be looked at, and why: never left out without a word. */
export function notChecked(
  check: { readonly id: string; readonly member?: string; readonly what: string },
  why: string,
  remedy: string,
): Finding {
  return {
    id: `${check.id}-not-checked`,
    severity: 'info',
    member: check.member ?? null,
    title: `not checked: ${check.what}`,
    evidence: why,
    remedy,
  };
}
