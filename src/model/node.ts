import type { Tags } from './member.ts';

/** This node, as its local configuration describes it. */
export interface Node {
  readonly name: string;
  /** How the other members reach its PostgreSQL and its REST API. */
  readonly connUrl: string;
  readonly apiUrl: string;
  readonly proxyUrl?: string;
  /** Version of the agent. */
  readonly version: string;
  readonly tags: Tags;
  /** Whether a primary needs a living guard: `preferred` goes on without one. */
  readonly fence: 'required' | 'preferred' | 'off';
  readonly watchdog: 'off' | 'automatic' | 'required';
  /** The dynamic configuration of a new cluster; absent: this node may not make one. */
  readonly bootstrap?: Readonly<Record<string, unknown>>;
  /** A replica can be made from a backup, without a running leader. */
  readonly clonesWithoutLeader: boolean;
  /** `postgresql.use_pg_rewind` of the local configuration, which wins over the dynamic one. */
  readonly usePgRewind?: boolean;
  readonly removeDataDirectoryOnRewindFailure: boolean;
  readonly removeDataDirectoryOnDivergedTimelines: boolean;
  /** `synchronous_standby_names` of the local configuration, for when nobody else decides. */
  readonly ownSyncNames?: string;
}
