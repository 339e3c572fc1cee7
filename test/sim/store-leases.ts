import { Leases as LeaseTable, type SavedLeases } from '../../src/embedded/core/leases.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

interface LeaseSettings {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** The store: while it is down no lease ends. */
  readonly process: Process;
  readonly onExpire: (id: string) => void;
}

/**
 * The sessions of the store, which end unless they are kept alive: the leases of the embedded store
 * in the time of the simulation. As in etcd, the store notices an end up to `lateBy` ms late; the
 * lease is of no use in that time, while its documents are still there.
 */
export class Leases {
  /** Milliseconds; 0: to the point. */
  lateBy = 1000;
  readonly #settings: LeaseSettings;
  readonly #leases = new LeaseTable();
  /** True time of the next look at each. */
  readonly #looks = new Map<string, number>();

  constructor(settings: LeaseSettings) {
    this.#settings = settings;
  }

  /** The store's clock is fast by so many parts in a million. */
  set ppm(ppm: number) {
    this.#leases.second = 1000 / (1 + ppm / 1_000_000);
  }

  /** Opens a lease, or keeps it alive; false when it has just ended. `ttl` in seconds. */
  open(id: string, ttl: number): boolean {
    if (!this.#leases.grant(id, ttl, this.#now)) return this.keepAlive(id, ttl);
    this.#lookAt(id);
    return true;
  }

  /** A full TTL from now on; false when the lease is gone. `ttl` in seconds. */
  keepAlive(id: string, ttl: number): boolean {
    if (this.#leases.keepAlive(id, this.#now, ttl) === undefined) return false;
    const look = this.#looks.get(id);
    if (look === undefined || (this.endOf(id) ?? look) < look) this.#lookAt(id);
    return true;
  }

  /** True time of its end; undefined: there is no such lease. */
  endOf(id: string): number | undefined {
    return this.#leases.endOf(id);
  }

  /** A new leader of the store does not know how much time had passed: it starts from full. */
  extendAll(): void {
    this.#leases.extendAll(this.#now);
  }

  save(): SavedLeases {
    return this.#leases.save();
  }

  /** These leases, all with their full TTL, and no others. */
  restore(saved: SavedLeases): void {
    this.#leases.load(saved, this.#now);
    this.#looks.clear();
    for (const [id] of saved) this.#lookAt(id);
  }

  get #now(): number {
    return this.#settings.scheduler.now;
  }

  #lookAt(id: string): void {
    const end = this.endOf(id);
    if (end === undefined) return;
    this.#looks.set(id, end);
    const { scheduler, process } = this.#settings;
    scheduler.at(end, () => this.#look(id), process);
  }

  #look(id: string): void {
    const { scheduler, random, process } = this.#settings;
    const look = this.#looks.get(id);
    // An earlier look was planned in its place, when the TTL was lowered.
    if (look === undefined || look > scheduler.now) return;
    if (!this.#isOver(id)) this.#lookAt(id);
    else scheduler.after(random.next() * this.lateBy, () => this.#expire(id), process);
  }

  #expire(id: string): void {
    if (!this.#isOver(id)) {
      this.#lookAt(id);
      return;
    }
    this.#leases.remove(id);
    this.#looks.delete(id);
    this.#settings.onExpire(id);
  }

  #isOver(id: string): boolean {
    return (this.endOf(id) ?? Number.POSITIVE_INFINITY) <= this.#now;
  }
}
