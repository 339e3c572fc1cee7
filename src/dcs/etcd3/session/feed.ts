import { DcsError } from '../../../model/errors.ts';
import type { Clock } from '../../../system/clock.ts';
import { EndpointFailure } from '../../failure.ts';
import { asDcsError } from '../../settle.ts';
import type { EtcdTransport, KeyRange, WatchMessage } from '../transport.ts';
import type { Asker } from './asker.ts';
import type { Mirror } from './mirror.ts';

/** A stream that ends sooner than this is an error; any other is begun again without a word. */
const SHORT_LIFE_MS = 1000;
/** Of what is known from elsewhere a stream must have told by then. */
const DEAF_MS = 1000;

export interface FeedParts {
  readonly asker: Asker;
  readonly mirror: Mirror;
  readonly range: KeyRange;
  readonly clock: Clock;
  /** Reads the documents anew into the mirror. */
  readonly look: (deadline: number) => Promise<unknown>;
  /** The moment by which a stream that is begun now must have begun. */
  readonly deadline: () => number;
}

interface Stream {
  readonly stop: AbortController;
  readonly begunAt: number;
  /** The server that it comes from, since that said that it began. */
  node: EtcdTransport | undefined;
}

/**
 * The stream of changes that keeps the mirror up to date: at most one at a time. One that breaks is
 * begun again from a new look, at the server that answered it.
 */
export class Feed {
  readonly #parts: FeedParts;
  #stream: Stream | undefined;
  /** Why the last stream was over so soon. */
  #failure: unknown;
  /** Since when something is known that the stream has not told of. */
  #unheardSince: number | undefined;
  #stops = 0;
  #waiting: (() => void)[] = [];

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /**
   * True while the stream tells of every change. One that comes from another server than the one
   * that is asked now, or that has not told of what is known, is stopped.
   */
  async isLive(): Promise<boolean> {
    const { asker, clock } = this.#parts;
    const best = await asker.best();
    const server = this.#stream?.node;
    if (!server) return false;
    const since = this.#unheardSince;
    const deaf = since !== undefined && clock.monotonic() - since > DEAF_MS;
    if (!deaf && server === best) return true;
    this.stop();
    return false;
  }

  /** Something new was learnt by another way. */
  heardElsewhere(): void {
    if (this.#stream?.node) this.#unheardSince ??= this.#parts.clock.monotonic();
    this.#ring();
  }

  /**
   * Resolves when there is news, or when the signal is aborted. Rejects with a `DcsError` when the
   * stream cannot be kept up.
   */
  async follow(signal: AbortSignal, hasNews: () => boolean): Promise<void> {
    let wake = (): void => {};
    const aborted = new Promise<void>((resolve) => {
      wake = resolve;
    });
    signal.addEventListener('abort', wake);
    this.#failure = undefined;
    try {
      while (!signal.aborted && !hasNews()) {
        if (this.#failure !== undefined) throw this.#takeFailure();
        await Promise.race([this.#stream ? this.#rung() : this.#begin(), aborted]);
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /**
   * Ends the stream, and one that is about to begin. The next `follow` begins another one, as does
   * one that is waiting.
   */
  stop(): void {
    this.#stops += 1;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.stop.abort();
    this.#ring();
  }

  async #begin(): Promise<void> {
    const { clock, look, deadline } = this.#parts;
    const end = deadline();
    const stops = this.#stops;
    await look(end).catch((error: unknown) => {
      throw asDcsError(error);
    });
    if (stops !== this.#stops) throw new DcsError('the watch was given up while it began');
    const stream: Stream = {
      stop: new AbortController(),
      begunAt: clock.monotonic(),
      node: undefined,
    };
    this.#stream = stream;
    const begun = new Promise<void>((resolve, reject) => {
      this.#run(stream, resolve).catch(reject);
    });
    try {
      await this.#byDeadline(begun, end);
    } catch (error) {
      if (this.#stream === stream) this.stop();
      throw asDcsError(error);
    }
  }

  /** The whole life of a stream; rejects when it is over. */
  async #run(stream: Stream, begun: () => void): Promise<never> {
    const { asker, mirror, range, clock } = this.#parts;
    const { signal } = stream.stop;
    try {
      return await asker.stay(signal, (node, call) => {
        const known = mirror.revision;
        return node.watch({ ...range, startRevision: known + 1 }, call, (message) => {
          this.#checkOrigin(message, known);
          if (message.created) {
            stream.node = node;
            this.#unheardSince = undefined;
            begun();
          } else this.#take(message);
        });
      });
    } catch (error) {
      if (this.#stream === stream) {
        const soon = clock.monotonic() - stream.begunAt < SHORT_LIFE_MS;
        if (soon && stream.node) this.#failure = error;
        this.stop();
      }
      throw error;
    }
  }

  /** A server that knows less than we do may be one that was cut off, or made anew. */
  #checkOrigin({ header, created }: WatchMessage, known: number): void {
    const { identity } = this.#parts.mirror;
    if (header.clusterId === identity && (!created || header.revision >= known)) return;
    throw new EndpointFailure('it is behind the others', { maybeApplied: false });
  }

  #take(message: WatchMessage): void {
    this.#unheardSince = undefined;
    this.#parts.mirror.apply(message);
    this.#ring();
  }

  async #byDeadline(begun: Promise<void>, end: number): Promise<void> {
    const { clock } = this.#parts;
    const timer = new AbortController();
    const silence = clock.sleep(Math.max(0, end - clock.monotonic()), timer.signal).then(
      () => {
        throw new DcsError('etcd does not answer: no watch has begun in time');
      },
      // The only way this sleep ends early is our own abort below.
      () => {},
    );
    try {
      await Promise.race([begun, silence]);
    } finally {
      timer.abort();
    }
  }

  #takeFailure(): DcsError {
    const failure = this.#failure;
    this.#failure = undefined;
    return asDcsError(failure);
  }

  #rung(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #ring(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
