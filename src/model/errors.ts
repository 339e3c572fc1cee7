/** What went wrong, for programs: stable, kebab-case. */
export type RefusalCode = string;

/**
 * The user asked for something that cannot be done, or that is not safe. One sentence, and a hint
 * where one helps. Exit code 1, or 2 for wrong usage.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly hint: string | undefined;
  readonly exitCode: 1 | 2;

  constructor(
    code: RefusalCode,
    message: string,
    options: { hint?: string; usage?: boolean } = {},
  ) {
    super(message);
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.usage ? 2 : 1;
  }
}

/** The DCS could not be asked, or gave no usable answer: nothing is known. Never "lost". */
export class DcsError extends Error {
  override readonly name = 'DcsError';
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

/** Our own mistake. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** The user pressed Ctrl-C. The message says what may still be going on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(message = 'Interrupted') {
    super(message);
  }
}
