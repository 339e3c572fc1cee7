/** Something that happens again and again, and that others wait for. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  /** It has happened: whoever waits goes on. */
  ring(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when it happens the next time, or when the signal is aborted. */
  rung(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
