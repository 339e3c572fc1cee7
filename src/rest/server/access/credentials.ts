import { createHash, timingSafeEqual } from 'node:crypto';

/** Failures of one address that cost nothing: somebody mistyped a password. */
const FREE_FAILURES = 5;
/** After this long without a failure all is forgotten. */
const FORGET_MS = 60_000;
/** How long the answer to a wrong password is held back. */
const DELAY_MS = 1000;
/** Answers to one address that are held back at one time; more get none. */
const MAX_HELD = 16;
/** Addresses that are remembered. */
const MAX_ADDRESSES = 1000;

/** User and password as a client has to send them: only its digest is kept. */
export interface Credentials {
  readonly digest: Buffer;
}

/** Makes what `checkCredentials` compares with. */
export function credentialsOf(username: string, password: string): Credentials {
  return { digest: digestOf(Buffer.from(`${username}:${password}`, 'utf8').toString('base64')) };
}

/**
 * What is wrong with an `Authorization` header, in Patroni's words; undefined: nothing. It takes as
 * long for a wrong password as for the right one.
 */
export function checkCredentials(
  credentials: Credentials,
  header: string | undefined,
): string | undefined {
  if (header === undefined) return 'no auth header received';
  const given = digestOf(header.slice('Basic '.length));
  const right = timingSafeEqual(given, credentials.digest);
  return header.startsWith('Basic ') && right ? undefined : 'not authenticated';
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

interface Failures {
  count: number;
  last: number;
  held: number;
}

/** Slows down who tries passwords, by address. Who knows the password never waits. */
export class GuessBrake {
  readonly #failures = new Map<string, Failures>();
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(
    now: () => number = () => performance.now(),
    sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  ) {
    this.#now = now;
    this.#sleep = sleep;
  }

  /** Call it after a wrong password. Resolves when it may be said; false: not at all. */
  async failed(address: string): Promise<boolean> {
    const known = this.#recall(address);
    known.count += 1;
    known.last = this.#now();
    if (known.count <= FREE_FAILURES) return true;
    if (known.held >= MAX_HELD) return false;
    known.held += 1;
    await this.#sleep(DELAY_MS);
    known.held -= 1;
    return true;
  }

  #recall(address: string): Failures {
    const known = this.#failures.get(address);
    // The one that failed last comes last, so that the first is the one to forget.
    this.#failures.delete(address);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    const fresh = known !== undefined && this.#now() - known.last < FORGET_MS;
    const kept = fresh ? known : { count: 0, last: 0, held: 0 };
    this.#failures.set(address, kept);
    return kept;
  }
}
