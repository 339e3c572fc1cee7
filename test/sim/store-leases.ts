import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

interface Lease {
  readonly id: string;
  /** Seconds. */
  ttl: number;
  /** True time from which it cannot be kept alive any more. */
  expiresAt: number;
  /** True time of the next look at it. */
  nextLook: number;
}

interface LeaseSettings {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** The store: while it is down no lease ends. */
  readonly process: Process;
  readonly onExpire: (id: string) => void;
}

/** For a backup: lease and TTL. */
export type SavedLeases = readonly (readonly [id: string, ttl: number])[];

/**
 * The sessions of the store, which end unless they are kept alive. As in etcd, the store notices an
 * end up to `lateBy` ms late; the lease is of no use in that time, while its documents are still
 * there.
 */
export class Leases {
  /** Milliseconds; 0: to the point. */
  lateBy = 1000;
  /** The store's clock is fast by so many parts in a million. */
  ppm = 0;
  readonly #settings: LeaseSettings;
  readonly #leases = new Map<string, Lease>();

  constructor(settings: LeaseSettings) {
    this.#settings = settings;
  }

  /** Opens a lease, or keeps it alive; false when it has just ended. `ttl` in seconds. */
  open(id: string, ttl: number): boolean {
    if (this.#leases.has(id)) return this.keepAlive(id, ttl);
    const lease = { id, ttl, expiresAt: this.#end(ttl), nextLook: Number.POSITIVE_INFINITY };
    this.#leases.set(id, lease);
    this.#lookAt(lease);
    return true;
  }

  /** A full TTL from now on; false when the lease is gone. `ttl` in seconds. */
  keepAlive(id: string, ttl: number): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.expiresAt <= this.#settings.scheduler.now) return false;
    lease.ttl = ttl;
    lease.expiresAt = this.#end(ttl);
    if (lease.expiresAt < lease.nextLook) this.#lookAt(lease);
    return true;
  }

  /** True time of its end; undefined: there is no such lease. */
  endOf(id: string): number | undefined {
    return this.#leases.get(id)?.expiresAt;
  }

  /** A new leader of the store does not know how much time had passed: it starts from full. */
  extendAll(): void {
    for (const lease of this.#leases.values()) lease.expiresAt = this.#end(lease.ttl);
  }

  save(): SavedLeases {
    return [...this.#leases.values()].map(({ id, ttl }) => [id, ttl]);
  }

  /** These leases, all with their full TTL, and no others. */
  restore(saved: SavedLeases): void {
    this.#leases.clear();
    for (const [id, ttl] of saved) this.open(id, ttl);
  }

  #end(ttl: number): number {
    return this.#settings.scheduler.now + (ttl * 1000) / (1 + this.ppm / 1_000_000);
  }

  #lookAt(lease: Lease): void {
    lease.nextLook = lease.expiresAt;
    const { scheduler, process } = this.#settings;
    scheduler.at(lease.expiresAt, () => this.#look(lease), process);
  }

  #look(lease: Lease): void {
    const { scheduler, random, process } = this.#settings;
    // An earlier look was planned in its place, when the TTL was lowered.
    if (lease.nextLook > scheduler.now) return;
    if (lease.expiresAt > scheduler.now) this.#lookAt(lease);
    else scheduler.after(random.next() * this.lateBy, () => this.#expire(lease), process);
  }

  #expire(lease: Lease): void {
    if (this.#leases.get(lease.id) !== lease) return;
    if (lease.expiresAt > this.#settings.scheduler.now) {
      this.#lookAt(lease);
      return;
    }
    this.#leases.delete(lease.id);
    this.#settings.onExpire(lease.id);
  }
}
