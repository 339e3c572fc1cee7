import type { Random } from './random.ts';

/** What ends a fault. A second call does nothing. */
export type Undo = () => void;

/** A fault of one direction: packets vanish, or take so many milliseconds longer. */
interface Fault {
  readonly delay: number | 'lost';
}

/**
 * The network between places: host names, and `store`. Each direction is apart. Faults may overlap:
 * each lasts until it is undone itself.
 */
export class Links {
  readonly #random: Random;
  readonly #faults = new Map<string, Set<Fault>>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Packets vanish. What is on its way already arrives. */
  cut(from: string, to: string): Undo {
    return this.#add(from, to, { delay: 'lost' });
  }

  /** Packets take `delay` ms longer. */
  slow(from: string, to: string, delay: number): Undo {
    return this.#add(from, to, { delay });
  }

  /** Ends every fault. */
  healAll(): void {
    for (const faults of this.#faults.values()) faults.clear();
  }

  /** Milliseconds that a packet takes now; undefined: it is lost. */
  latency(from: string, to: string): number | undefined {
    let total = 1 + this.#random.next() * 2;
    if (this.#faults.size === 0) return total;
    for (const { delay } of this.#faults.get(direction(from, to)) ?? []) {
      if (delay === 'lost') return undefined;
      total += delay;
    }
    return total;
  }

  #add(from: string, to: string, fault: Fault): Undo {
    const key = direction(from, to);
    const faults = this.#faults.get(key) ?? new Set();
    faults.add(fault);
    this.#faults.set(key, faults);
    return () => {
      faults.delete(fault);
    };
  }
}

function direction(from: string, to: string): string {
  return `${from}>${to}`;
}
