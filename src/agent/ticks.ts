import type { Facts, Monotonic } from '../ha/facts.ts';
import type { Job } from '../ha/job.ts';
import { holdUntil } from '../ha/lease.ts';
import type { Acting, Action, Plan } from '../ha/plan.ts';
import { STOP_NOW } from '../ha/rules/keep-or-stop.ts';
import { isDistrusted } from '../ha/situation.ts';
import { converse } from './converse.ts';
import { describe } from './describe.ts';
import { dueAfter } from './due.ts';
import type { Jobs } from './jobs.ts';
import type { Mind } from './mind.ts';
import type { Observer, Sight } from './observe.ts';
import type { OrderDesk } from './orders.ts';
import { isOwnMistake, type Means, perform } from './perform.ts';
import type { AgentPorts } from './ports.ts';

/** What decides: in production `decide` and `maintain` of `ha/`. */
export interface Brain {
  decide(facts: Facts): Plan;
  /** Housekeeping after the main plan. */
  maintain(facts: Facts): Omit<Acting, 'say'>;
}

/** What the ticks share with the rest of the agent. */
export interface TicksContext {
  readonly ports: AgentPorts;
  readonly brain: Brain;
  readonly mind: Mind;
  readonly observer: Observer;
  readonly jobs: Jobs;
  readonly desk: OrderDesk;
}

/** After a tick of which nothing came. */
const BROKEN_MS = 1000;

interface Deeds {
  readonly did: readonly string[];
  readonly failed: boolean;
}

const NOTHING: Deeds = { did: [], failed: false };

/** One look around after another, and what is decided by it and done. */
export class Ticks {
  readonly #context: TicksContext;
  #last: Facts | undefined;
  /** What ends the process, when a plan has asked for it. */
  #exit: Action | undefined;
  /** Ticks in a row in which something failed. */
  #failures = 0;
  /** Version of the dynamic configuration that PostgreSQL has. */
  #configured: string | undefined;

  constructor(context: TicksContext) {
    this.#context = context;
  }

  /** What the last tick went by. */
  get last(): Facts | undefined {
    return this.#last;
  }

  /** True after a plan that ends the process. */
  get ended(): boolean {
    return this.#exit !== undefined;
  }

  /** Puts a mistake of ours on record, where no rule was found to act by. */
  recordProblem(rule: string, problem: unknown, did: readonly string[] = []): void {
    const say = 'an internal error';
    this.#context.ports.record({ rule, say, asked: [], did, problem: String(problem) });
  }

  /** One tick; never rejects. Returns when the next one is due at the latest. */
  async tick(): Promise<Monotonic> {
    const { observer, jobs, ports } = this.#context;
    const begun = ports.clock.monotonic();
    // Before PostgreSQL is looked at: of a job that has ended the look must show the end, too.
    const job = jobs.current;
    try {
      return await this.#pass(begun, job, await observer.look());
    } catch (error) {
      return await this.#afterMistake(begun, job, String(error));
    }
  }

  /** A mistake of ours counts as a store that does not answer: so a primary stops in time. */
  async #afterMistake(begun: Monotonic, job: Job | undefined, problem: string): Promise<Monotonic> {
    const { observer, ports } = this.#context;
    try {
      const postgres = observer.postgres ?? (await observer.lookAtPostgres());
      return await this.#pass(begun, job, { postgres, dcs: undefined, problem });
    } catch (error) {
      const did = this.#stopIfOverdue();
      this.recordProblem('internal-error', `${problem}; then: ${String(error)}`, did);
      return this.#due(ports.clock.monotonic() + BROKEN_MS, []);
    }
  }

  async #pass(
    begun: Monotonic,
    job: Job | undefined,
    sight: Sight & { problem?: string },
  ): Promise<Monotonic> {
    const { brain, mind, jobs, ports, observer } = this.#context;
    const { postgres, dcs, problem } = sight;
    const first = mind.facts(job, { postgres, dcs });
    const talkers = { ports, mind, decide: (facts: Facts) => brain.decide(facts) };
    const { plan, facts, asked } = await converse(talkers, first, begun);
    mind.remember(plan.memory);
    if (dcs && !isDistrusted(mind.refreshed(facts))) observer.keep();
    const deeds = [await this.#configure(facts), await this.#carryOut(plan.do, facts)];
    const wakes = [plan.wakeAt];
    if (problem === undefined && !plan.do.some(({ kind }) => kind === 'exit')) {
      const upkeep = brain.maintain({ ...mind.refreshed(facts), job: jobs.current });
      mind.remember(upkeep.memory);
      deeds.push(await this.#carryOut(upkeep.do, facts));
      wakes.push(upkeep.wakeAt);
    }
    jobs.forget(job);
    this.#last = mind.refreshed(facts);
    const { rule, say, because } = plan;
    const more = {
      ...(because === undefined ? {} : { because }),
      ...(problem === undefined ? {} : { problem }),
    };
    const did = deeds.flatMap((some) => some.did);
    ports.record({ rule, say, asked, did, ...more });
    // Last: whoever reads the log wants to know why the agent went.
    if (this.#exit) await perform(this.#exit, this.#means(facts));
    this.#failures = deeds.some(({ failed }) => failed) ? this.#failures + 1 : 0;
    return this.#due(begun + observer.settings.loopWait * 1000, wakes);
  }

  /** Before anything is done: a server that is started now has to know the configuration. */
  async #configure({ dcs }: Facts): Promise<Deeds> {
    const config = dcs?.view.config;
    if (config === undefined || config.version === this.#configured) return NOTHING;
    try {
      await this.#context.ports.server.configure(config.data);
      this.#configured = config.version;
      return NOTHING;
    } catch (error) {
      if (isOwnMistake(error)) throw error;
      return { did: [`configure: ${String(error)}`], failed: true };
    }
  }

  async #carryOut(actions: readonly Action[], facts: Facts): Promise<Deeds> {
    const did: string[] = [];
    for (const action of actions) {
      if (action.kind === 'exit') this.#exit = action;
      const failure =
        action.kind === 'exit' ? undefined : await perform(action, this.#means(facts));
      did.push(failure === undefined ? describe(action) : `${describe(action)}: ${failure}`);
      if (failure !== undefined) return { did, failed: true };
    }
    return { did, failed: false };
  }

  #means(facts: Facts): Means {
    const { ports, jobs, desk, mind } = this.#context;
    return { ports, jobs, desk, facts, mind };
  }

  /** Nothing could be decided, and the lease is used up, or there is none: no primary may run. */
  #stopIfOverdue(): readonly string[] {
    const { jobs, mind, observer, ports } = this.#context;
    const { leaseUntil } = mind.memory;
    const { settings, postgres } = observer;
    const holds =
      leaseUntil === undefined
        ? postgres?.role !== 'primary'
        : ports.clock.monotonic() < holdUntil(leaseUntil, settings.ttl);
    // In pause PostgreSQL is never stopped for want of a lease.
    if (holds || settings.pause || postgres?.state === 'stopped') return [];
    const failure = jobs.start(STOP_NOW.job, true);
    return [failure === undefined ? 'stop immediate' : `stop immediate: ${failure}`];
  }

  #due(latest: Monotonic, wakes: readonly (Monotonic | undefined)[]): Monotonic {
    const { ports, mind, observer } = this.#context;
    return dueAfter({
      now: ports.clock.monotonic(),
      latest,
      wakes,
      failures: this.#failures,
      leaseUntil: mind.memory.leaseUntil,
      ttl: observer.settings.ttl,
    });
  }
}
