import { type Answer, applyAnswer } from '../ha/answers.ts';
import type { Facts, Monotonic } from '../ha/facts.ts';
import type { Job } from '../ha/job.ts';
import { fenceDeadline, holdUntil } from '../ha/lease.ts';
import { BLANK_MEMORY, type Memory } from '../ha/memory.ts';
import type { Acting, Action, Plan, Question } from '../ha/plan.ts';
import { InvariantError } from '../model/errors.ts';
import { ask } from './ask.ts';
import { describe } from './describe.ts';
import { dueAfter } from './due.ts';
import type { Jobs } from './jobs.ts';
import type { Observer, Sight } from './observe.ts';
import type { OrderDesk } from './orders.ts';
import { perform } from './perform.ts';
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
  readonly observer: Observer;
  readonly jobs: Jobs;
  readonly desk: OrderDesk;
}

/** How often a tick decides before it must have come to a plan. */
const MOST_ROUNDS = 8;
/** After a tick of which nothing came. */
const BROKEN_MS = 1000;

interface Deeds {
  readonly did: readonly string[];
  readonly failed: boolean;
}

/** One look around after another, what is decided by it, and what is remembered. */
export class Ticks {
  readonly #context: TicksContext;
  #memory: Memory = BLANK_MEMORY;
  #last: Facts | undefined;
  #ended = false;
  /** Ticks in a row in which something failed. */
  #failures = 0;

  constructor(context: TicksContext) {
    this.#context = context;
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** What the last tick went by. */
  get last(): Facts | undefined {
    return this.#last;
  }

  /** True after a plan that ends the process. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds to what is remembered, or changes it. */
  remember(patch: Partial<Memory> | undefined): void {
    this.#memory = { ...this.#memory, ...patch };
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
    const { brain, jobs, ports, observer } = this.#context;
    const { postgres, dcs, problem } = sight;
    const asked: string[] = [];
    const first = this.#facts(job, { postgres, dcs });
    const { plan, facts } = await this.#converse(first, asked, begun);
    this.remember(plan.memory);
    const deeds = [await this.#carryOut(plan.do, facts)];
    const wakes = [plan.wakeAt];
    if (problem === undefined && !plan.do.some(({ kind }) => kind === 'exit')) {
      const upkeep = brain.maintain({ ...this.#refreshed(facts), job: jobs.current });
      this.remember(upkeep.memory);
      deeds.push(await this.#carryOut(upkeep.do, facts));
      wakes.push(upkeep.wakeAt);
    }
    jobs.forget(job);
    this.#last = this.#refreshed(facts);
    const { rule, say } = plan;
    const did = deeds.flatMap((some) => some.did);
    ports.record({ rule, say, asked, did, ...(problem === undefined ? {} : { problem }) });
    this.#failures = deeds.some(({ failed }) => failed) ? this.#failures + 1 : 0;
    return this.#due(begun + observer.settings.loopWait * 1000, wakes);
  }

  /** Decides, asks, and decides again, until there is a plan. */
  async #converse(
    first: Facts,
    asked: string[],
    begun: Monotonic,
  ): Promise<{ plan: Plan & Acting; facts: Facts }> {
    let facts = first;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const plan = this.#context.brain.decide(facts);
      if (!('ask' in plan)) return { plan, facts };
      asked.push(plan.rule);
      facts = await this.#answered(facts, plan.ask, begun);
    }
    throw new InvariantError(`no plan after the questions of ${asked.join(', ')}`);
  }

  async #answered(facts: Facts, question: Question, begun: Monotonic): Promise<Facts> {
    const { ports } = this.#context;
    if (isTooLate(question, facts.now - begun)) {
      return applyAnswer(facts, question, { lock: 'lost', sentAt: begun, ttl: 0 });
    }
    // While it is on its way the lock may already be ours: no promise to another leader then.
    if (question.kind === 'acquire') this.remember({ acquireSentAt: ports.clock.monotonic() });
    const answer = await ask(ports, question);
    // A promise may have been given meanwhile: what counts is what is remembered now.
    const next = applyAnswer(this.#refreshed(facts), question, answer);
    this.#memory = next.memory;
    if (extendsLease(answer)) this.#feedFence(next);
    return this.#refreshed(next);
  }

  /** A deadline that has passed is the guard's already: it would stop a standby for nothing. */
  #feedFence({ memory, settings, now }: Facts): void {
    if (memory.leaseUntil === undefined) return;
    const deadline = fenceDeadline(memory.leaseUntil, settings.ttl);
    if (deadline > now) this.#context.ports.fence.extend(deadline);
  }

  async #carryOut(actions: readonly Action[], facts: Facts): Promise<Deeds> {
    const { ports, jobs, desk } = this.#context;
    const remember = (patch: Partial<Memory>): void => this.remember(patch);
    const did: string[] = [];
    for (const action of actions) {
      const failure = await perform(action, { ports, jobs, desk, facts, remember });
      did.push(failure === undefined ? describe(action) : `${describe(action)}: ${failure}`);
      if (failure !== undefined) return { did, failed: true };
      if (action.kind === 'exit') this.#ended = true;
    }
    return { did, failed: false };
  }

  /** Nothing could be decided, and the lease is used up, or there is none: no primary may run. */
  #stopIfOverdue(): readonly string[] {
    const { jobs, observer, ports } = this.#context;
    const { leaseUntil } = this.#memory;
    const { settings, postgres } = observer;
    const holds =
      leaseUntil === undefined
        ? postgres?.role !== 'primary'
        : ports.clock.monotonic() < holdUntil(leaseUntil, settings.ttl);
    // In pause PostgreSQL is never stopped for want of a lease.
    if (holds || settings.pause || postgres?.state === 'stopped') return [];
    const spec = { kind: 'stop', mode: 'immediate', checkpoint: false, limit: undefined } as const;
    const failure = jobs.start(spec, true);
    return [failure === undefined ? 'stop immediate' : `stop immediate: ${failure}`];
  }

  #due(latest: Monotonic, wakes: readonly (Monotonic | undefined)[]): Monotonic {
    const { ports, observer } = this.#context;
    return dueAfter({
      now: ports.clock.monotonic(),
      latest,
      wakes,
      failures: this.#failures,
      leaseUntil: this.#memory.leaseUntil,
      ttl: observer.settings.ttl,
    });
  }

  #facts(job: Job | undefined, sight: Sight): Facts {
    const { ports, observer, desk } = this.#context;
    return {
      now: ports.clock.monotonic(),
      wall: ports.clock.wall(),
      self: ports.node,
      settings: observer.settings,
      dcs: sight.dcs,
      postgres: sight.postgres,
      job,
      orders: desk.waiting,
      fence: ports.fence.sight(),
      memory: this.#memory,
      answers: {},
    };
  }

  /** The same sight, with what has changed while something was waited for. */
  #refreshed(facts: Facts): Facts {
    const { job, dcs, postgres, answers } = facts;
    return { ...this.#facts(job, { dcs, postgres }), answers };
  }
}

function extendsLease(answer: Answer): boolean {
  if ('lock' in answer) return answer.lock === 'held';
  return 'failsafe' in answer && answer.failsafe === 'accepted';
}

/**
 * What the others said may not be true any more: since then somebody may have led, acknowledged
 * writes, and gone. Within `ttl` nobody can have done so unnoticed.
 */
function isTooLate(question: Question, age: number): boolean {
  return question.kind === 'acquire' && age > question.ttl * 750;
}
