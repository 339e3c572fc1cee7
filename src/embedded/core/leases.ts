interface Lease {
  /** Seconds. */
  ttl: number;
  /** Milliseconds on the caller's clock. */
  end: number;
}

/** For a backup: lease and TTL. */
export type SavedLeases = readonly (readonly [id: string, ttl: number])[];

/**
 * Leases and when they end. Time is what the caller says it is: milliseconds on a clock that never
 * jumps. A lease whose end has come cannot be kept alive, also while it was not yet removed. What
 * is bound to a lease is the caller's to remove.
 */
export class Leases {
  /** How long a second of a TTL lasts, in milliseconds of the caller's clock. */
  second = 1000;
  readonly #leases = new Map<string, Lease>();

  /** False when there is such a lease already. `ttl` in seconds. */
  grant(id: string, ttl: number, now: number): boolean {
    if (this.#leases.has(id)) return false;
    this.#leases.set(id, { ttl, end: this.#endOf(ttl, now) });
    return true;
  }

  /** A full TTL from now on, or another one. Returns it; undefined: the lease is gone. */
  keepAlive(id: string, now: number, ttl?: number): number | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.end <= now) return undefined;
    lease.ttl = ttl ?? lease.ttl;
    lease.end = this.#endOf(lease.ttl, now);
    return lease.ttl;
  }

  /** False when there is none. */
  remove(id: string): boolean {
    return this.#leases.delete(id);
  }

  has(id: string): boolean {
    return this.#leases.has(id);
  }

  ids(): string[] {
    return [...this.#leases.keys()];
  }

  /** When it ends; undefined: there is no such lease. */
  endOf(id: string): number | undefined {
    return this.#leases.get(id)?.end;
  }

  /** Seconds, as it was granted; undefined: there is no such lease. */
  ttlOf(id: string): number | undefined {
    return this.#leases.get(id)?.ttl;
  }

  /** Those whose end has come, the first to end first. They stay until they are removed. */
  over(now: number): string[] {
    return [...this.#leases]
      .filter(([, { end }]) => end <= now)
      .sort(([, a], [, b]) => a.end - b.end)
      .map(([id]) => id);
  }

  /** When the next one ends; undefined: there is none. */
  nextEnd(): number | undefined {
    let next: number | undefined;
    for (const { end } of this.#leases.values()) if (next === undefined || end < next) next = end;
    return next;
  }

  /** All start from their full TTL. */
  extendAll(now: number): void {
    for (const lease of this.#leases.values()) lease.end = this.#endOf(lease.ttl, now);
  }

  save(): SavedLeases {
    return [...this.#leases].map(([id, { ttl }]) => [id, ttl]);
  }

  /** These leases, all with their full TTL, and no others. */
  load(saved: SavedLeases, now: number): void {
    this.#leases.clear();
    for (const [id, ttl] of saved) this.grant(id, ttl, now);
  }

  #endOf(ttl: number, now: number): number {
    return now + ttl * this.second;
  }
}
