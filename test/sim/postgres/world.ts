import type { Links } from '../links.ts';
import type { Process } from '../process.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Instance } from './instance.ts';

/** What a simulated PostgreSQL needs from the world around it. */
export interface PostgresWorld {
  readonly scheduler: Scheduler;
  readonly links: Links;
  /** The server of a member; `''`: the primary of another cluster, where there is one. */
  serverOf(name: string): { readonly instance: Instance } | undefined;
}

/** The host that it runs on. */
export interface PostgresHost {
  readonly name: string;
  /** The agent of now: a new process after each start. Answers are given in events of its own. */
  readonly agent: Process;
}
