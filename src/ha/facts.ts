import type { ClusterView } from '../model/cluster.ts';
import type { Node } from '../model/node.ts';
import type { MemberReport } from '../model/node-status.ts';
import type { PostgresView, SourceReport } from '../model/postgres.ts';
import type { Settings } from '../model/settings.ts';
import type { Job } from './job.ts';
import type { Memory } from './memory.ts';
import type { Orders } from './orders.ts';

/**
 * Milliseconds on a clock that never jumps and counts the time a suspended host slept. Only
 * differences mean anything.
 */
export type Monotonic = number;

/** Milliseconds since 1970. For schedules and for people only. */
export type Timestamp = number;

/** Everything that a decision may go by: one round of one tick of one node. */
export interface Facts {
  readonly now: Monotonic;
  readonly wall: Timestamp;
  readonly self: Node;
  readonly settings: Settings;
  /** Undefined: the DCS did not answer. */
  readonly dcs: DcsSight | undefined;
  readonly postgres: PostgresView;
  /** The one long operation: running, or just ended and not yet looked at. */
  readonly job: Job | undefined;
  readonly orders: Orders;
  readonly fence: FenceSight;
  readonly memory: Memory;
  /** Answers to the questions of this tick. */
  readonly answers: Answers;
}

/** What the DCS said. */
export interface DcsSight {
  readonly view: ClusterView;
  /** The lock holds our name and belongs to our own session: no namesake (P#2724). */
  readonly ownsLock: boolean;
  /** Grows with every change in the store; going back means a stale or restored store. */
  readonly revision: number;
  /** Which store it is; another one was made anew or restored. Undefined: not known. */
  readonly identity?: string;
}

/** The guard process, and the watchdog device beside it. */
export interface FenceSight {
  readonly guard: 'alive' | 'dead' | 'off';
  /** The guard's deadline has passed: it stops every PostgreSQL until it is disarmed. */
  readonly fenced: boolean;
  readonly watchdog: 'usable' | 'unusable' | 'off';
}

export interface Answers {
  readonly lock?: LockAnswer;
  readonly peers?: readonly PeerReport[];
  readonly failsafe?: 'accepted' | 'refused';
  readonly source?: SourceReport;
}

/** `unknown`: the DCS did not say; it may have been done. */
export interface LockAnswer {
  readonly outcome: 'held' | 'lost' | 'unknown';
}

/** A member's answer to `GET /patroni`. */
export interface PeerReport {
  readonly name: string;
  readonly report: MemberReport;
}
