/** The dynamic configuration as far as pgherd acts on it, with Patroni's defaults filled in. */
export interface Settings {
  /** Seconds. */
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
  /** Bytes. */
  readonly maximumLagOnFailover: number;
  readonly pause: boolean;
  readonly synchronousMode: 'off' | 'on' | 'quorum';
  readonly synchronousModeStrict: boolean;
  readonly failsafeMode: boolean;
  readonly checkTimeline: boolean;
  /** A standby cluster replicates from another cluster; its leader is no primary. */
  readonly standbyCluster: boolean;
}

/** Patroni 4.1's defaults (documentation, "Dynamic configuration settings"). */
export const DEFAULT_SETTINGS: Settings = {
  ttl: 30,
  loopWait: 10,
  retryTimeout: 10,
  maximumLagOnFailover: 1_048_576,
  pause: false,
  synchronousMode: 'off',
  synchronousModeStrict: false,
  failsafeMode: false,
  checkTimeline: false,
  standbyCluster: false,
};
