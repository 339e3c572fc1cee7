/** The dynamic configuration as far as pgherd acts on it, with Patroni's defaults filled in. */
export interface Settings {
  /** Seconds, like all durations here. */
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
  /** How long a member waits before it races for a lock that its leader lost; 0: not at all. */
  readonly primaryRaceBackoff: number;
  /** Bytes. */
  readonly maximumLagOnFailover: number;
  /** Bytes; -1: a synchronous standby may lag as much as it likes. */
  readonly maximumLagOnSyncnode: number;
  /** 0: all. */
  readonly maxTimelinesHistory: number;
  /** How long a crashed primary may take to start before another takes over; 0: at once. */
  readonly primaryStartTimeout: number;
  /** How long a primary may take to stop, in synchronous mode; 0: as long as it likes. */
  readonly primaryStopTimeout: number;
  readonly pause: boolean;
  readonly synchronousMode: 'off' | 'on' | 'quorum';
  readonly synchronousModeStrict: boolean;
  /** How many standbys are to be synchronous, at least 1. */
  readonly synchronousNodeCount: number;
  readonly failsafeMode: boolean;
  readonly checkTimeline: boolean;
  /** A standby cluster replicates from another cluster; its leader is no primary. */
  readonly standbyCluster: boolean;
  /** Where a standby cluster gets its WAL from. */
  readonly remotePrimary: RemotePrimary | undefined;
  /** How long the slot of a member is kept after the member has gone. */
  readonly memberSlotsTtl: number;
  readonly permanentSlots: Readonly<Record<string, PermanentSlot>>;
  readonly ignoreSlots: readonly SlotMatcher[];
  readonly useSlots: boolean;
  readonly usePgRewind: boolean;
}

/** The primary cluster that a standby cluster follows. */
export interface RemotePrimary {
  readonly host?: string;
  readonly port?: number;
  readonly primarySlotName?: string;
}

/** A replication slot that is to be there whatever happens. */
export interface PermanentSlot {
  readonly type: 'physical' | 'logical';
  readonly database?: string;
  readonly plugin?: string;
  /** Only in a cluster of this kind; absent: in both. */
  readonly clusterType?: 'primary' | 'standby';
}

/** Slots that are left alone: all fields that are given must match. */
export interface SlotMatcher {
  readonly name?: string;
  readonly type?: 'physical' | 'logical';
  readonly database?: string;
  readonly plugin?: string;
}

/** Patroni 4.1's defaults (documentation, "Dynamic configuration settings"). */
export const DEFAULT_SETTINGS: Settings = {
  ttl: 30,
  loopWait: 10,
  retryTimeout: 10,
  primaryRaceBackoff: 0,
  maximumLagOnFailover: 1_048_576,
  maximumLagOnSyncnode: -1,
  maxTimelinesHistory: 0,
  primaryStartTimeout: 300,
  primaryStopTimeout: 0,
  pause: false,
  synchronousMode: 'off',
  synchronousModeStrict: false,
  synchronousNodeCount: 1,
  failsafeMode: false,
  checkTimeline: false,
  standbyCluster: false,
  remotePrimary: undefined,
  memberSlotsTtl: 1800,
  permanentSlots: {},
  ignoreSlots: [],
  useSlots: true,
  usePgRewind: false,
};
