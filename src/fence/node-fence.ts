import type { FenceSight, Monotonic } from '../ha/facts.ts';
import { GuardFence, type GuardOptions } from './guard-client.ts';
import { Watchdog, type WatchdogOptions } from './watchdog.ts';

export interface FenceOptions {
  /** `off`: no guard, and one that was left here is ended. */
  readonly mode: 'required' | 'preferred' | 'off';
  readonly guard: GuardOptions;
  readonly watchdog: WatchdogOptions;
}

/** All that keeps a primary from outliving its lease: the guard, and the watchdog beside it. */
export class NodeFence {
  readonly #mode: FenceOptions['mode'];
  readonly #guard: GuardFence;
  readonly #watchdog: Watchdog;

  constructor({ mode, guard, watchdog }: FenceOptions) {
    this.#mode = mode;
    this.#guard = new GuardFence(guard);
    this.#watchdog = new Watchdog(watchdog);
  }

  /** What is known at this moment; reads no file but the watchdog's, and waits for nothing. */
  sight(): FenceSight {
    const guard =
      this.#mode === 'off' ? ({ guard: 'off', fenced: false } as const) : this.#guard.sight();
    return { ...guard, watchdog: this.#watchdog.sight() };
  }

  /** The lease was won or renewed: PostgreSQL may run until `deadline`. */
  extend(deadline: Monotonic): void {
    if (this.#mode !== 'off') this.#guard.extend(deadline);
    this.#watchdog.keepAlive();
  }

  /** No primary runs here any more, or it may run without a lease. */
  disarm(): void {
    if (this.#mode !== 'off') this.#guard.disarm();
    this.#watchdog.disarm();
  }

  /** Sees to it that a guard is on watch (`GuardFence.start`). */
  start(): void {
    if (this.#mode === 'off') this.#guard.dismiss();
    else this.#guard.start();
  }

  /** Resolves when the last `start` has come to its end, good or bad. */
  ready(): Promise<void> {
    return this.#guard.ready();
  }

  /**
   * The agent ends. Disarmed before, the guard ends too; otherwise it stays on watch, and so does
   * the watchdog, whose device the kernel goes on counting for.
   */
  close(): Promise<void> {
    return this.#guard.close();
  }
}
