import type { Facts } from '../ha/facts.ts';
import type { Job } from '../ha/job.ts';
import { BLANK_MEMORY, type Memory } from '../ha/memory.ts';
import type { Observer, Sight } from './observe.ts';
import type { OrderDesk } from './orders.ts';
import type { AgentPorts } from './ports.ts';

/** What the facts of a tick are put together from. */
export interface MindContext {
  readonly ports: Pick<AgentPorts, 'clock' | 'fence' | 'node'>;
  readonly observer: Observer;
  readonly desk: OrderDesk;
}

/** All that an agent remembers, and how it becomes facts with what was seen. */
export class Mind {
  readonly #context: MindContext;
  #memory: Memory;

  constructor(context: MindContext) {
    this.#context = context;
    this.#memory = { ...BLANK_MEMORY, ...context.observer.recollected() };
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** Adds to what is remembered, or changes it. */
  remember(patch: Partial<Memory> | undefined): void {
    // Mostly it says what is remembered already, and a copy takes long.
    if (patch && isNews(patch, this.#memory)) this.#memory = { ...this.#memory, ...patch };
  }

  /** The facts of a tick, before anything was asked. */
  facts(job: Job | undefined, { dcs, postgres }: Sight): Facts {
    const { ports, observer, desk } = this.#context;
    return {
      now: ports.clock.monotonic(),
      wall: ports.clock.wall(),
      self: ports.node,
      settings: observer.settings,
      dcs,
      postgres,
      job,
      orders: desk.waiting,
      fence: ports.fence.sight(),
      memory: this.#memory,
      answers: {},
    };
  }

  /** The same sight and answers, with what has changed while something was waited for. */
  refreshed({ job, dcs, postgres, answers }: Facts): Facts {
    return { ...this.facts(job, { dcs, postgres }), answers };
  }
}

function isNews(patch: Partial<Memory>, memory: Memory): boolean {
  return (Object.keys(patch) as (keyof Memory)[]).some((key) => patch[key] !== memory[key]);
}
