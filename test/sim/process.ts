import type { Scheduler } from './scheduler.ts';

/**
 * Something that runs on a host and can stand still or die: an agent, a guard, a PostgreSQL. All
 * that happens to it are events that belong to it: while it is frozen they wait, and run in their
 * order when it thaws; once it is dead they never run.
 */
export class Process {
  readonly name: string;
  #alive = true;
  /** It may be frozen for two reasons at once, and goes on when both are over. */
  #freezes = 0;
  #waiting: (() => void)[] = [];
  #onKill: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get frozen(): boolean {
    return this.#freezes > 0;
  }

  freeze(): void {
    this.#freezes += 1;
  }

  /** Takes back one `freeze`. */
  thaw(): void {
    if (this.#freezes === 0) return;
    this.#freezes -= 1;
    if (this.#freezes > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const requeue of waiting) requeue();
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#waiting = [];
    const callbacks = this.#onKill;
    this.#onKill = [];
    for (const callback of callbacks) callback();
  }

  /** What dies with it: called when it is killed; at once when it is dead already. */
  onKill(run: () => void): void {
    if (this.#alive) this.#onKill.push(run);
    else run();
  }

  /** For the scheduler: an event came up while the process is frozen. */
  hold(requeue: () => void): void {
    this.#waiting.push(requeue);
  }
}

/** Resolves after `ms`, or when the signal is aborted, and always in an event of the process. */
export function sleep(
  scheduler: Scheduler,
  ms: number,
  process: Process,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    let event = scheduler.after(signal?.aborted ? 0 : ms, end, process);
    function end(): void {
      signal?.removeEventListener('abort', wake);
      resolve();
    }
    function wake(): void {
      event.cancel();
      event = scheduler.after(0, end, process);
    }
    if (!signal?.aborted) signal?.addEventListener('abort', wake, { once: true });
  });
}

/**
 * The answer of something that takes `ms`: `produce` runs then, in an event of the process, and what
 * it throws rejects.
 */
export function delayed<T>(
  scheduler: Scheduler,
  ms: number,
  process: Process,
  produce: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    scheduler.after(
      ms,
      () => {
        try {
          resolve(produce());
        } catch (error) {
          reject(error);
        }
      },
      process,
    );
  });
}
