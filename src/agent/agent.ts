import { decide } from '../ha/decide.ts';
import { promiseTo } from '../ha/failsafe.ts';
import type { JobSpec } from '../ha/job.ts';
import { maintain } from '../ha/maintain.ts';
import { DcsError } from '../model/errors.ts';
import type { NodeStatus } from '../model/node-status.ts';
import type { PostgresView } from '../model/postgres.ts';
import { Bell } from './bell.ts';
import { Jobs } from './jobs.ts';
import { Mind } from './mind.ts';
import { Observer } from './observe.ts';
import { type Order, OrderDesk, type OrderReply } from './orders.ts';
import { forbids } from './perform.ts';
import type { AgentPorts, FailsafeMessage } from './ports.ts';
import { type AgentState, States } from './state.ts';
import { type Brain, Ticks } from './ticks.ts';
import { Wake } from './wake.ts';

/** Ticks begin at least this far apart, whatever happens. */
const SHORTEST_TICK_MS = 50;
/** Before the store is watched again after an error, and up to twice that: not all at once. */
const WATCH_AGAIN_MS = 1000;

const BRAIN: Brain = { decide, maintain };

/** The agent of one node: looks, decides, acts, sleeps, and again. */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #observer: Observer;
  readonly #jobs: Jobs;
  readonly #desk = new OrderDesk();
  readonly #wake: Wake;
  readonly #mind: Mind;
  readonly #ticks: Ticks;
  readonly #states = new States();
  readonly #ticked = new Bell();
  readonly #stop = new AbortController();

  constructor(ports: AgentPorts, brain: Brain = BRAIN) {
    const { clock, server } = ports;
    this.#ports = ports;
    this.#observer = new Observer(ports);
    this.#wake = new Wake(clock);
    this.#jobs = new Jobs({
      server,
      clock,
      forbids: (spec) => this.forbids(spec),
      ended: () => this.#wake.rouse(),
    });
    const seen = { ports, observer: this.#observer, desk: this.#desk };
    this.#mind = new Mind(seen);
    this.#ticks = new Ticks({ ...seen, brain, mind: this.#mind, jobs: this.#jobs });
  }

  /** Runs until it is stopped, or a plan ended it. */
  async run(): Promise<void> {
    const { clock, dcs } = this.#ports;
    const watching = this.#watch();
    while (!this.#stop.signal.aborted) {
      const begun = clock.monotonic();
      const due = await this.#ticks.tick();
      if (this.#ticks.ended) this.stop();
      this.#ticked.ring();
      await this.#wake.between(begun + SHORTEST_TICK_MS, due, this.#stop.signal);
    }
    await watching;
    await dcs.close();
  }

  /** Ends the loop after its present tick. PostgreSQL and the lock are left as they are. */
  stop(): void {
    this.#stop.abort();
    this.#wake.rouse();
  }

  /** Ends the sleep: something has happened that the next tick should see. */
  rouse(): void {
    this.#wake.rouse();
  }

  /** Why this operation must not be done now; undefined: it may (see `forbids` of perform.ts). */
  forbids(spec: JobSpec): string | undefined {
    const { memory } = this.#mind;
    const { settings } = this.#observer;
    return forbids(spec, { now: this.#ports.clock.monotonic(), memory, settings });
  }

  /** Resolves when the next tick has ended, or the signal is aborted. */
  nextTick(signal: AbortSignal): Promise<void> {
    return this.#ticked.rung(signal);
  }

  /** Leaves an order and resolves when it was carried out or turned down (see OrderDesk.place). */
  order(order: Order): Promise<OrderReply> {
    const reply = this.#desk.place(order, this.#observer.postgres?.postmasterStart);
    this.rouse();
    return reply;
  }

  /** `POST /failsafe`: true when this member agrees that the sender goes on leading. */
  receiveFailsafe(message: FailsafeMessage): boolean {
    const { clock, node } = this.#ports;
    const { settings, view, postgres } = this.#observer;
    const promise = promiseTo(message, {
      now: clock.monotonic(),
      self: node,
      settings,
      memory: this.#mind.memory,
      view,
      primary: postgres?.role === 'primary' && postgres.state !== 'stopped',
      promoting: this.#jobs.promoting,
    });
    if (promise) this.#mind.remember({ failsafePromise: promise });
    return promise !== undefined;
  }

  /** What it knows by the last tick: the same object until something has changed. Never waits. */
  state(): AgentState {
    return this.#stateWith(this.#observer.postgres);
  }

  #stateWith(postgres: PostgresView | undefined): AgentState {
    const { node, scope, clock } = this.#ports;
    const { view: known, settings, dcsSeenAt } = this.#observer;
    const { memory } = this.#mind;
    const { last } = this.#ticks;
    const job = this.#jobs.current;
    const orders = this.#desk.waiting;
    const own = { node, scope, last, memory, job, orders };
    return this.#states.of({ ...own, postgres, known, settings, dcsSeenAt }, clock.monotonic());
  }

  /** What `GET /patroni` says, by the last tick. Never waits. */
  status(): NodeStatus {
    return this.state().status;
  }

  /**
   * The same with a new look at PostgreSQL. Who races must ask for this one: a position from before
   * the lock was free says too little, and an acknowledged write would be lost.
   */
  async freshStatus(): Promise<NodeStatus> {
    // Not `status()`: a look that began before this one may end after it.
    return this.#stateWith(await this.#observer.lookAtPostgres()).status;
  }

  /** Wakes the loop when the store changes, or may have; an error is no reason to stop. */
  async #watch(): Promise<void> {
    const { clock, dcs, random } = this.#ports;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const begun = clock.monotonic();
      let pause = SHORTEST_TICK_MS;
      try {
        await dcs.watch(signal);
      } catch (error) {
        if (!(error instanceof DcsError)) this.#ticks.recordProblem('watch', error);
        pause = WATCH_AGAIN_MS * (1 + random());
      }
      const rest = begun + pause - clock.monotonic();
      if (rest > 0) await clock.sleep(rest, signal);
      // Only now: what changes from here on, the next watch sees or the tick reads.
      this.#wake.rouse();
    }
  }
}
