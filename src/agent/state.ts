import type { Facts, Monotonic, Timestamp } from '../ha/facts.ts';
import type { Job } from '../ha/job.ts';
import type { Memory } from '../ha/memory.ts';
import type { Orders } from '../ha/orders.ts';
import type { ClusterView } from '../model/cluster.ts';
import type { Node } from '../model/node.ts';
import type { NodeStatus } from '../model/node-status.ts';
import type { PostgresView } from '../model/postgres.ts';
import type { Settings } from '../model/settings.ts';
import { nodeStatus } from './status.ts';

/** What an agent knows between two looks, for whoever asks over the network. */
export interface AgentState {
  readonly status: NodeStatus;
  /** What the last tick saw of the store; undefined: it did not answer. */
  readonly view: ClusterView | undefined;
  /** The newest view of the store, however old. */
  readonly known: ClusterView | undefined;
  readonly settings: Settings;
  /** Until when the lock is surely ours: to be held against the clock at every use. */
  readonly leaseUntil: Monotonic | undefined;
  /** When the last tick ended; undefined: there was none yet. */
  readonly tickedAt: Monotonic | undefined;
  /** How much WAL the source of this standby said that it has, in bytes. */
  readonly latestEndLsn: number | undefined;
}

/** All that a state depends on. */
export interface StateSources {
  readonly node: Node;
  readonly scope: string;
  /** What the last tick went by. */
  readonly last: Facts | undefined;
  readonly memory: Memory;
  readonly job: Job | undefined;
  readonly orders: Orders;
  readonly postgres: PostgresView | undefined;
  readonly known: ClusterView | undefined;
  readonly settings: Settings;
  readonly dcsSeenAt: Timestamp | undefined;
}

/** Hands out the same state until something has changed: it is asked for with every request. */
export class States {
  #sources: StateSources | undefined;
  #state: AgentState | undefined;

  /** The state that these sources make at this moment. */
  of(sources: StateSources, now: Monotonic): AgentState {
    if (this.#state && this.#sources && isSame(sources, this.#sources)) return this.#state;
    this.#sources = sources;
    this.#state = stateOf(sources, now);
    return this.#state;
  }
}

function isSame(some: StateSources, others: StateSources): boolean {
  for (const key in some) {
    const name = key as keyof StateSources;
    if (some[name] !== others[name]) return false;
  }
  return true;
}

function stateOf(sources: StateSources, now: Monotonic): AgentState {
  const { last, memory, job, orders, postgres, known, settings } = sources;
  const facts = last && postgres && { ...last, now, memory, job, orders, postgres };
  let status: NodeStatus | undefined;
  return {
    // Only when it is asked for: the agent itself wants the rest alone, many times in each tick.
    get status() {
      status ??= nodeStatus(sources, facts);
      return status;
    },
    view: last?.dcs?.view,
    known,
    settings,
    leaseUntil: memory.leaseUntil,
    tickedAt: last?.now,
    latestEndLsn: postgres?.latestEndLsn,
  };
}
