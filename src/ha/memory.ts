import type { ClusterView } from '../model/cluster.ts';
import type { Monotonic } from './facts.ts';

/** Everything that an agent remembers from one tick to the next, and all of it. */
export interface Memory {
  /**
   * Until when the lock is surely ours, counted from before the request was sent. Undefined: it is
   * not ours, whatever a read says.
   */
  readonly leaseUntil: Monotonic | undefined;
  /** The lock was given to us, and no answer since then said that it is not ours. */
  readonly lockWon: boolean;
  /** A request for the lock whose reply was lost was sent then. */
  readonly acquireSentAt: Monotonic | undefined;
  /** The last view in which somebody led. */
  readonly healthyView: ClusterView | undefined;
  /** When the lock was first seen free; undefined while somebody leads. */
  readonly lockFreeSince: Monotonic | undefined;
  /** Highest revision of the store seen so far. */
  readonly revision: number;
  /** Which store that was. */
  readonly storeIdentity: string | undefined;
  /** The store was seen to have lost what it knew: nobody may race until then. */
  readonly distrustUntil: Monotonic | undefined;
  /**
   * The store went back or forgot, and no leader has been there long enough since to have written
   * `/sync` anew: it is no measure, and every standby must be heard before a race.
   */
  readonly syncDistrusted: boolean;
  /** This node had a share in a cluster with this system identifier. */
  readonly systemId: string | undefined;
  /** We stop, or have stopped, PostgreSQL to hand over the lock. */
  readonly steppingDown: StepDown | undefined;
  /** We gave the lock away then. */
  readonly releasedAt: Monotonic | undefined;
  /** Not to race before then (`primary_race_backoff`, a failed pre-promote script). */
  readonly raceAfter: Monotonic | undefined;
  /** We promoted then. */
  readonly promotedAt: Monotonic | undefined;
  /** A new cluster is being made by us. */
  readonly bootstrapping: boolean;
  /** Single-user crash recovery was tried since PostgreSQL was last up. */
  readonly crashRecoveryTried: boolean;
  /** Whether the data may hold what the leader's history does not. */
  readonly rewind: 'clear' | 'check' | 'needed' | 'failed';
  /** A standby does not stream, and has been at this place since then. */
  readonly stuck: { readonly since: Monotonic; readonly lsn: number } | undefined;
  /** PostgreSQL is being started since then, as the leader. */
  readonly startingSince: Monotonic | undefined;
  /** A restart waits since then for the primary to take us out of the synchronous standbys. */
  readonly leavingSyncSince: Monotonic | undefined;
  /** Seconds that this start may take; undefined: `primary_start_timeout`. */
  readonly startTimeout: number | undefined;
  /** Failed attempts in a row to start, clone or rewind, and when the next may be made. */
  readonly failures: number;
  readonly retryAfter: Monotonic | undefined;
  /** Failsafe mode: the leader that we promised to respect, and until when. */
  readonly failsafePromise: FailsafePromise | undefined;
  /** Failsafe mode: the list that we wrote last, which our view may not show yet. */
  readonly failsafeWritten: Readonly<Record<string, string>> | undefined;
  /** Failsafe mode: the lease stands on the members' word, not on the DCS. */
  readonly failsafeActive: boolean;
  readonly wasPaused: boolean;
  /** A dead guard was started anew then. */
  readonly guardStartedAt: Monotonic | undefined;
  /** This agent began then: it does not know what the one before it promised. */
  readonly startedAt: Monotonic | undefined;
  /** Last seen timeline of the leader: a change calls for a look at our own. */
  readonly leaderTimeline: number | undefined;
  /** WAL position of the primary when `synchronous_standby_names` was last changed. */
  readonly syncNamesSetAt: { readonly lsn: number; readonly names: string } | undefined;
  /** When each member that has a slot here was last seen. */
  readonly memberSeen: Readonly<Record<string, Monotonic>>;
  /** The last dynamic configuration that was seen, should the store lose it. */
  readonly knownConfig: Readonly<Record<string, unknown>> | undefined;
}

/** Why a leader stops: it gives the lock away afterwards, but as leader of a standby cluster. */
type StepDown = 'switchover' | 'start-timeout' | 'demote-cluster' | 'unfit';

export interface FailsafePromise {
  readonly name: string;
  readonly apiUrl: string;
  readonly connUrl: string;
  readonly slots: Readonly<Record<string, number>>;
  readonly until: Monotonic;
}

/** An agent that has just been started remembers nothing. */
export const BLANK_MEMORY: Memory = {
  leaseUntil: undefined,
  lockWon: false,
  acquireSentAt: undefined,
  healthyView: undefined,
  lockFreeSince: undefined,
  revision: 0,
  storeIdentity: undefined,
  distrustUntil: undefined,
  syncDistrusted: false,
  systemId: undefined,
  steppingDown: undefined,
  releasedAt: undefined,
  raceAfter: undefined,
  promotedAt: undefined,
  bootstrapping: false,
  crashRecoveryTried: false,
  rewind: 'check',
  stuck: undefined,
  startingSince: undefined,
  leavingSyncSince: undefined,
  startTimeout: undefined,
  failures: 0,
  retryAfter: undefined,
  failsafePromise: undefined,
  failsafeWritten: undefined,
  failsafeActive: false,
  startedAt: undefined,
  wasPaused: false,
  guardStartedAt: undefined,
  leaderTimeline: undefined,
  syncNamesSetAt: undefined,
  memberSeen: {},
  knownConfig: undefined,
};
