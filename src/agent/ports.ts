import type { AgentDcs, Snapshot } from '../dcs/agent-dcs.ts';
import type { FenceSight, Monotonic, Timestamp } from '../ha/facts.ts';
import type { JobOutcome, JobSpec } from '../ha/job.ts';
import type { PeerAddress, SlotChange } from '../ha/plan.ts';
import type { Node } from '../model/node.ts';
import type { MemberReport } from '../model/node-status.ts';
import type { PostgresView, Source, SourceReport, SyncNames } from '../model/postgres.ts';

// What an agent stands on. In production these are adapters; in the simulation, fakes.

/** This node's PostgreSQL. Every call but `run` ends within seconds. */
export interface Server {
  /** Never rejects: what cannot be seen is said in the view. */
  observe(): Promise<PostgresView>;
  /**
   * Takes over the dynamic configuration (`/config`): writes PostgreSQL's files and reloads it
   * where they changed. The same configuration again does nothing.
   */
  configure(dynamic: Readonly<Record<string, unknown>>): Promise<void>;
  /** Does a long operation; aborted, it stops at the next safe point and says `cancelled`. */
  run(job: JobSpec, signal: AbortSignal): Promise<JobOutcome>;
  setSyncNames(names: SyncNames): Promise<void>;
  follow(source: Source | undefined): Promise<void>;
  syncSlots(changes: readonly SlotChange[]): Promise<void>;
  checkpoint(): Promise<void>;
  finishBootstrap(): Promise<void>;
  inspect(source: Source): Promise<SourceReport>;
}

/** The REST APIs of the other members. */
export interface Peers {
  /** `GET /patroni`. Never rejects. */
  status(peer: PeerAddress): Promise<MemberReport>;
  /** `POST /failsafe`: true when the member agrees. Never rejects. */
  failsafe(peer: PeerAddress, message: FailsafeMessage): Promise<boolean>;
}

export interface FailsafeMessage {
  readonly name: string;
  readonly connUrl: string;
  readonly apiUrl: string;
  readonly slots: Readonly<Record<string, number>>;
}

/** The guard process, and the watchdog device. Its calls return at once. */
export interface Fence {
  sight(): FenceSight;
  /** From `deadline` on PostgreSQL is stopped, unless a later deadline comes before. */
  extend(deadline: Monotonic): void;
  disarm(): void;
  start(): void;
}

export interface AgentClock {
  monotonic(): Monotonic;
  wall(): Timestamp;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** One line of what the agent does, for log and trace. */
export interface TickRecord {
  readonly rule: string;
  readonly say: string;
  readonly because?: string;
  /** The rules that asked before, in their order. */
  readonly asked: readonly string[];
  readonly did: readonly string[];
  readonly problem?: string;
}

/**
 * What an agent knew of its cluster, kept beside the data for the agent after it: one that knows
 * nothing would take a store that was wiped or restored for the truth. Calls return at once.
 */
export interface Recollection {
  load(): KnownCluster | undefined;
  keep(known: KnownCluster): void;
}

/** The documents of the last time that somebody led. */
export type KnownCluster = Pick<Snapshot, 'documents' | 'revision' | 'identity'>;

export interface AgentPorts {
  /** May be another one after the local configuration was read again. */
  readonly node: Node;
  readonly scope: string;
  readonly dcs: AgentDcs;
  readonly server: Server;
  readonly peers: Peers;
  readonly fence: Fence;
  readonly clock: AgentClock;
  readonly recollection: Recollection;
  readonly random: () => number;
  readonly record: (tick: TickRecord) => void;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}
