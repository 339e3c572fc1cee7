/**
 * Questions to a person. Each names the flag that would have answered it: without a terminal the
 * answer is a `Refusal` that names it, at once; nothing ever waits on a closed stdin.
 */
export interface Prompt {
  /** Free text; an empty answer gives `initial`, or asks again when `initial` is undefined. */
  text(question: Question & { initial?: string }): Promise<string>;
  /** Yes or no; `no` when the answer is empty. */
  confirm(question: Question): Promise<boolean>;
  /** Free text that is not shown. */
  password(question: Question): Promise<string>;
}

export interface Question {
  /** Patroni's own wording, so that people and expect scripts find their way. */
  readonly message: string;
  /** What to pass instead of answering, e.g. `--candidate` or `--force`. */
  readonly flag: string;
}
