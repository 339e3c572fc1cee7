/**
 * Something to say about a configuration. An `error` stops the write, a `warning` does not, a
 * `note` says what was taken for granted while checking.
 */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note';
  /** Dotted path of the value, e.g. `postgresql.parameters.max_connections`. */
  readonly path: string;
  /** One sentence that names the value, without a full stop. */
  readonly message: string;
}

/** A value that would break the cluster, or that would not have the effect it was meant to have. */
export function error(path: string, message: string): Finding {
  return { severity: 'error', path, message };
}

/** A value that is allowed, and that is perhaps not what was meant. */
export function warning(path: string, message: string): Finding {
  return { severity: 'warning', path, message };
}

/** What the check could not know, and took for granted. */
export function note(path: string, message: string): Finding {
  return { severity: 'note', path, message };
}
