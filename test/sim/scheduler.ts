import { InvariantError } from '../../src/model/errors.ts';
import { type Event, EventHeap } from './event-heap.ts';
import type { Process } from './process.ts';

/** As `queueMicrotask`, which makes an `AsyncResource` each time. */
const SETTLED = Promise.resolve();
/** After so many events the real event loop has its turn, for timers of the test runner. */
const EVENTS_PER_TURN = 10_000;

/** More events than this in one moment: somebody goes round in circles, and time stands still. */
const EVENTS_PER_MOMENT = 50_000;

/**
 * Time of the simulated world, and all that happens in it, one event after the other. Between two
 * events all promise chains settle, so that the order of events alone decides what happens.
 */
export class Scheduler {
  /** Checkers look at the world here: after each event, when everything has settled. */
  afterEvent: (() => void) | undefined;
  readonly #events = new EventHeap();
  #now = 0;
  #sequence = 0;
  #inThisMoment = 0;
  #run: Run | undefined;

  /** True time, in milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  /** A time that has passed already means as soon as possible. */
  at(time: number, run: () => void, process?: Process): { cancel(): void } {
    this.#sequence += 1;
    const event: Event = {
      time: Math.max(time, this.#now),
      sequence: this.#sequence,
      process,
      run,
    };
    this.#events.push(event);
    return {
      cancel: () => {
        event.run = undefined;
      },
    };
  }

  after(ms: number, run: () => void, process?: Process): { cancel(): void } {
    return this.at(this.#now + ms, run, process);
  }

  /**
   * Lets everything happen until this time, including what is planned for that very moment. Rejects
   * with what an event or `afterEvent` throws.
   */
  runUntil(time: number): Promise<void> {
    if (this.#run !== undefined) throw new InvariantError('the world is running already');
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#run = undefined;
      };
      this.#run = {
        until: time,
        events: 0,
        done: () => {
          end();
          resolve();
        },
        failed: (error) => {
          end();
          reject(error);
        },
      };
      this.#settle();
    });
  }

  /**
   * Goes on when all promise chains have settled. Node empties the queue of promises before it looks
   * at `nextTick`, which costs no turn of the event loop.
   */
  #settle(): void {
    void SETTLED.then(this.#afterPromises);
  }

  readonly #afterPromises = (): void => {
    const run = this.#run;
    if (run !== undefined && run.events % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) {
      run.events += 1;
      setImmediate(this.#step);
      return;
    }
    process.nextTick(this.#step);
  };

  readonly #step = (): void => {
    const run = this.#run;
    if (run === undefined) return;
    try {
      if (run.events > 0) this.afterEvent?.();
      if (this.#happen(run.until)) {
        run.events += 1;
        this.#settle();
        return;
      }
    } catch (error) {
      run.failed(error);
      return;
    }
    this.#now = Math.max(this.#now, run.until);
    run.done();
  };

  /** Runs the next event; false when there is none until then. */
  #happen(until: number): boolean {
    for (;;) {
      const event = this.#events.peek();
      if (event === undefined || event.time > until) return false;
      this.#events.pop();
      const { run, process: owner } = event;
      if (run === undefined || owner?.alive === false) continue;
      if (owner?.frozen) {
        // It keeps its own time, and so its place in the order of what waits for this process.
        owner.hold(() => this.#events.push(event));
        continue;
      }
      this.#moveTo(event.time);
      event.run = undefined;
      run();
      return true;
    }
  }

  #moveTo(time: number): void {
    this.#inThisMoment += 1;
    if (time > this.#now) {
      this.#now = time;
      this.#inThisMoment = 0;
    } else if (this.#inThisMoment > EVENTS_PER_MOMENT) {
      throw new InvariantError(`time stands still at ${this.#now}`);
    }
  }
}

/** One call of `runUntil`. */
interface Run {
  readonly until: number;
  events: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}
