import { lookup as lookupHost } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A lookup that takes longer is as good as one that fails. */
const LOOKUP_MS = 2000;
/** For how long an answer counts as fresh. */
const FRESH_MS = 30_000;
/**
 * At one time: a lookup that hangs occupies one of the four threads that file access needs, too,
 * and cannot be ended.
 */
const MAX_LOOKUPS = 2;
/** Names that are remembered: more than members and allow-lists have. */
const MAX_NAMES = 1000;

type Lookup = (host: string) => Promise<readonly string[]>;

interface Entry {
  addresses: readonly string[];
  checkedAt: number;
  pending: Promise<readonly string[]> | undefined;
}

/** The addresses of host names: the last good ones, looked up again beside. */
export class Addresses {
  readonly #lookup: Lookup;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(lookup: Lookup = systemLookup, now: () => number = () => performance.now()) {
    this.#lookup = lookup;
    this.#now = now;
  }

  /**
   * The addresses of a host; an address is its own. What is known is given at once, even if it
   * is old; what is not is waited for, two seconds at most. Empty: none are known. Never rejects.
   */
  async of(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const entry = this.#entryOf(host);
    if (this.#now() - entry.checkedAt > FRESH_MS) {
      entry.pending ??= this.#refresh(host, entry);
      if (entry.addresses.length === 0) return within(entry.pending, LOOKUP_MS);
    }
    return entry.addresses;
  }

  #entryOf(host: string): Entry {
    const known = this.#entries.get(host);
    if (known) return known;
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= MAX_NAMES && oldest !== undefined) this.#entries.delete(oldest);
    const entry: Entry = {
      addresses: [],
      checkedAt: Number.NEGATIVE_INFINITY,
      pending: undefined,
    };
    this.#entries.set(host, entry);
    return entry;
  }

  async #refresh(host: string, entry: Entry): Promise<readonly string[]> {
    if (this.#running >= MAX_LOOKUPS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      entry.addresses = await this.#lookup(host);
      entry.checkedAt = this.#now();
    } catch {
      // The name server may be away: what was true before is the best guess for a while.
      if (entry.addresses.length > 0) entry.checkedAt = this.#now();
    } finally {
      this.#running -= 1;
      entry.pending = undefined;
      this.#waiting.shift()?.();
    }
    return entry.addresses;
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookupHost(host, { all: true });
  return found.map(({ address }) => address);
}

function within(addresses: Promise<readonly string[]>, ms: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), ms);
  });
  return Promise.race([addresses, late]).finally(() => clearTimeout(timer));
}
