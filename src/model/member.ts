import { WholeFloat } from './json.ts';

/** One PostgreSQL server with its agent, as its own document in the DCS describes it. */
export interface Member {
  readonly name: string;
  /** Host and port of PostgreSQL, taken from `conn_url`; absent when that is none. */
  readonly host?: string;
  readonly port?: number;
  readonly connUrl?: string;
  /** The URL of the REST API, e.g. `http://10.0.0.1:8008/patroni`. */
  readonly apiUrl?: string;
  /** The connection pooler in front of it, for those who look for one. */
  readonly proxyUrl?: string;
  /** State text as published: `running`, `stopped`, `creating replica`, …; empty when absent. */
  readonly state: string;
  /** Role as published: `primary` (old: `master`), `standby_leader`, `replica`; or empty. */
  readonly role: string;
  /** Version of the agent, e.g. `4.1.5`. */
  readonly version?: string;
  /** False: the leader has not done its checkpoint since it was promoted: do not rewind from it. */
  readonly checkpointAfterPromote?: boolean;
  readonly timeline?: number;
  /** WAL positions in bytes. `xlogLocation` is the one that every Patroni version publishes. */
  readonly xlogLocation?: number;
  readonly receiveLsn?: number;
  readonly replayLsn?: number;
  /** `streaming` or `in archive recovery`. */
  readonly replicationState?: string;
  readonly pendingRestart: boolean;
  readonly pendingRestartReason: Readonly<Record<string, ValueChange>>;
  readonly scheduledRestart?: ScheduledRestart;
  readonly tags: Tags;
  readonly pause: boolean;
  /** Version of the member's document: changes whenever the member writes it again. */
  readonly documentVersion: string;
}

/** A parameter that waits for a restart, with its value now and after. */
export interface ValueChange {
  readonly oldValue: string;
  readonly newValue: string;
}

export interface ScheduledRestart {
  /** ISO 8601 with offset, as the member published it. */
  readonly schedule: string;
  /** The restart is done only when PostgreSQL is older than this, e.g. `15.4`. */
  readonly postgresVersion?: string;
  /** Only in this role. */
  readonly role?: string;
  readonly onlyIfPending?: boolean;
  /** Seconds it may take to start again. */
  readonly timeout?: number;
  /** Start time of PostgreSQL when this was asked for: when it has changed, the order is void. */
  readonly postmasterStart?: string;
}

/** Tags as published: the key order of the document is kept, for whoever prints them. */
export type Tags = Readonly<Record<string, unknown>>;

/** True for a member that must never become leader: `nofailover`, or `failover_priority` ≤ 0. */
export function isNoFailover(tags: Tags): boolean {
  // Patroni: an explicit `nofailover` wins over the priority (tags.py).
  if (tags.nofailover !== undefined && tags.nofailover !== null) return isTrue(tags.nofailover);
  const priority = tags.failover_priority;
  if (typeof priority === 'string') return /^\s*[-+]?\d/.test(priority) && Number(priority) <= 0;
  return (typeof priority === 'number' || priority instanceof WholeFloat) && Number(priority) <= 0;
}

/** As Python has it: nothing, zero and what is empty are not true. */
function isTrue(value: unknown): boolean {
  if (value instanceof WholeFloat) return value.value !== 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
