import { setMaxListeners } from 'node:events';
import { DcsError, InvariantError } from '../model/errors.ts';
import type { Clock } from '../system/clock.ts';
import { EndpointFailure } from './failure.ts';

/** How long an endpoint may be silent before the next one is asked beside it. */
const HEDGE_MS = 700;

/** Why a request or a sleep is given up: the usual reason is an error with a stack, made slowly. */
const OVER = 'over';

/** The pause before an endpoint that cannot serve now is asked again. */
const PAUSE_MS = 200;

/** Something that can be asked; the name is for people, e.g. `http://10.0.0.1:2379`. */
export interface Endpoint {
  readonly name: string;
}

export interface EndpointsOptions {
  readonly clock: Clock;
  /** Deadline of one call, whatever the number of endpoints. */
  readonly callTimeoutMs: number;
  readonly warn: (text: string) => void;
}

type Failed<E> = { readonly endpoint: E; readonly failure: EndpointFailure };
type Settled<E, T> =
  | { readonly endpoint: E; readonly value: T }
  | Failed<E>
  | { readonly endpoint: E; readonly refusal: unknown };

/**
 * The servers of one etcd cluster, each as good as the others. A call goes to the one that answered
 * last; when it fails or is silent the others are asked, all within one deadline. An endpoint that
 * does not answer while another does is a warning, once. A callback reports "ask another one" with
 * an `EndpointFailure`, also when its signal is aborted; every other error is the cluster's answer
 * and ends the call.
 */
export class Endpoints<E extends Endpoint> {
  readonly #options: EndpointsOptions;
  readonly #warned = new Set<string>();
  /** Best first: the one that answered last is in front, those that failed are at the end. */
  #order: readonly E[];

  constructor(endpoints: readonly E[], options: EndpointsOptions) {
    this.#order = endpoints;
    this.#options = options;
  }

  /** The one that answered last. */
  get best(): E {
    const [best] = this.#order;
    if (!best) throw new InvariantError('there is no endpoint');
    return best;
  }

  /** Adds one that is asked when the others fail. */
  add(endpoint: E): void {
    this.#order = [...this.#order, endpoint];
  }

  /** The moment, on the monotonic clock, at which a call that begins now has to end. */
  deadline(): number {
    return this.#options.clock.monotonic() + this.#options.callTimeoutMs;
  }

  /** Milliseconds until `deadline`, never below zero. */
  left(deadline: number): number {
    return Math.max(0, deadline - this.#options.clock.monotonic());
  }

  /**
   * Asks one endpoint after the other, and the next one already while the first is silent. One
   * that says that it cannot serve now is asked again until the deadline.
   */
  async read<T>(
    ask: (endpoint: E, signal: AbortSignal) => Promise<T>,
    limits: { deadline?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const deadline = limits.deadline ?? this.deadline();
    const { signal } = limits;
    const stop = new AbortController();
    const all = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    // Each endpoint listens: more than ten of them are no leak.
    setMaxListeners(0, all);
    const waiting = [...this.#order];
    const running = new Map<E, Promise<Settled<E, T>>>();
    const failed: Failed<E>[] = [];
    // With many endpoints the slices shrink, so that the last one still has time to answer.
    const slice = Math.min(HEDGE_MS, this.left(deadline) / (waiting.length + 1));
    try {
      for (;;) {
        signal?.throwIfAborted();
        const next = waiting.shift();
        if (next) running.set(next, settle(next, ask(next, all)));
        const left = this.left(deadline);
        const first = await this.#first([...running.values()], waiting.length ? slice : left);
        signal?.throwIfAborted();
        if (first === undefined) {
          if (this.left(deadline) > 0) continue;
          stop.abort(OVER);
          for (const late of await Promise.all(running.values())) {
            if ('failure' in late) failed.push(late);
          }
          throw nobody(failed);
        }
        running.delete(first.endpoint);
        if ('refusal' in first) throw first.refusal;
        if ('value' in first) {
          this.#answered(first.endpoint, failed, [...running.keys()]);
          return first.value;
        }
        if (first.failure.passing) running.set(first.endpoint, this.#again(first, ask, all));
        else failed.push(first);
        if (running.size === 0 && waiting.length === 0) throw nobody(failed);
      }
    } finally {
      stop.abort(OVER);
    }
  }

  /**
   * Sends a write to one endpoint, and to the next one only while it surely has not been sent.
   * Rejects with an `EndpointFailure` (`maybeApplied`) when the answer got lost.
   */
  async write<T>(
    send: (endpoint: E, signal: AbortSignal) => Promise<T>,
    deadline: number,
  ): Promise<T> {
    const failed: Failed<E>[] = [];
    for (const endpoint of this.#order) {
      const stop = new AbortController();
      const sending = settle(endpoint, send(endpoint, stop.signal));
      let settled = await this.#first([sending], this.left(deadline));
      stop.abort(OVER);
      settled ??= await sending;
      if ('refusal' in settled) throw settled.refusal;
      if ('value' in settled) {
        this.#answered(endpoint, failed, []);
        return settled.value;
      }
      if (settled.failure.maybeApplied) {
        this.#demote([endpoint]);
        throw settled.failure;
      }
      failed.push(settled);
      if (this.left(deadline) === 0) break;
    }
    throw nobody(failed);
  }

  /** Asks again after a pause; when there is no time left, the failure stays what it was. */
  async #again<T>(
    { endpoint, failure }: Failed<E>,
    ask: (endpoint: E, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<Settled<E, T>> {
    try {
      await this.#options.clock.sleep(PAUSE_MS, signal);
    } catch {
      return { endpoint, failure };
    }
    return settle(endpoint, ask(endpoint, signal));
  }

  /** The first of the promises to settle; undefined when none does within `ms`. */
  async #first<T>(promises: readonly Promise<T>[], ms: number): Promise<T | undefined> {
    const timer = new AbortController();
    // The only way this sleep ends early is our own abort below.
    const silence = this.#options.clock.sleep(ms, timer.signal).catch(() => {});
    try {
      return (await Promise.race([...promises, silence])) ?? undefined;
    } finally {
      timer.abort(OVER);
    }
  }

  #answered(endpoint: E, failed: readonly Failed<E>[], silent: readonly E[]): void {
    this.#demote([...failed.map((one) => one.endpoint), ...silent]);
    this.#order = [endpoint, ...this.#order.filter((one) => one !== endpoint)];
    for (const one of failed) this.#warn(one.endpoint, one.failure.message);
    for (const one of silent) this.#warn(one, 'nothing was heard from it in time');
  }

  #demote(endpoints: readonly E[]): void {
    const last = new Set(endpoints);
    this.#order = [...this.#order.filter((one) => !last.has(one)), ...last];
  }

  #warn(endpoint: E, reason: string): void {
    if (this.#warned.has(endpoint.name)) return;
    this.#warned.add(endpoint.name);
    this.#options.warn(`etcd endpoint ${endpoint.name} does not answer: ${reason}`);
  }
}

async function settle<E, T>(endpoint: E, answer: Promise<T>): Promise<Settled<E, T>> {
  try {
    return { endpoint, value: await answer };
  } catch (error) {
    if (error instanceof EndpointFailure) return { endpoint, failure: error };
    return { endpoint, refusal: error };
  }
}

function nobody(failed: readonly Failed<Endpoint>[]): DcsError {
  const reasons = failed.map(({ endpoint, failure }) => `${endpoint.name}: ${failure.message}`);
  const hint =
    failed.find(({ failure }) => failure.hint)?.failure.hint ??
    'check that etcd runs and that its addresses in the configuration are right';
  return new DcsError(`etcd does not answer: ${reasons.join('; ')}`, { hint });
}
