import type { Links, Undo } from './links.ts';
import type { Random } from './random.ts';
import type { StoreSnapshot } from './store.ts';

/** Name of the store as a place in the network. */
export const STORE = 'store';

type Trouble =
  | { readonly kind: 'lose-requests' | 'lose-replies'; readonly oneIn: number }
  | { readonly kind: 'slow'; readonly delay: number }
  | { readonly kind: 'stale'; readonly snapshot: StoreSnapshot };

/** How requests and replies travel between each host and the store. */
export class StoreWeather {
  readonly #links: Links;
  readonly #random: Random;
  readonly #troubles = new Map<string, Set<Trouble>>();

  constructor(links: Links, random: Random) {
    this.#links = links;
    this.#random = random;
  }

  add(host: string, trouble: Trouble): Undo {
    const troubles = this.#troubles.get(host) ?? new Set();
    troubles.add(trouble);
    this.#troubles.set(host, troubles);
    return () => {
      troubles.delete(trouble);
    };
  }

  /** Milliseconds that a request takes; undefined: it is lost. */
  request(host: string): number | undefined {
    const latency = this.#links.latency(host, STORE);
    return latency === undefined ? undefined : this.#bend(host, 'lose-requests', latency);
  }

  /** Milliseconds that a reply or the event of a watch takes; undefined: it is lost. */
  reply(host: string): number | undefined {
    const latency = this.#links.latency(STORE, host);
    return latency === undefined ? undefined : this.#bend(host, 'lose-replies', latency);
  }

  /** What plain reads of this host see, while they come from a follower that is cut off. */
  staleSnapshot(host: string): StoreSnapshot | undefined {
    for (const trouble of this.#troubles.get(host) ?? []) {
      if (trouble.kind === 'stale') return trouble.snapshot;
    }
    return undefined;
  }

  #bend(host: string, loss: 'lose-requests' | 'lose-replies', latency: number): number | undefined {
    let total = latency;
    for (const trouble of this.#troubles.get(host) ?? []) {
      if (trouble.kind === loss && this.#random.chance(1 / trouble.oneIn)) return undefined;
      if (trouble.kind === 'slow') total += this.#random.next() * trouble.delay;
    }
    return total;
  }
}
