import type { Timestamp } from './facts.ts';

/** What people asked this node for over its REST API, or its supervisor by a signal. */
export interface Orders {
  readonly restart: RestartOrder | undefined;
  readonly scheduledRestart: ScheduledRestartOrder | undefined;
  readonly reinitialize: ReinitializeOrder | undefined;
  /** SIGTERM: hand over, stop PostgreSQL, and go. */
  readonly shutdown: boolean;
}

/** Restart PostgreSQL if all conditions that are given hold. */
export interface RestartOrder {
  readonly id: number;
  /** Only a member in this role: `primary`, `replica`, `standby_leader`. */
  readonly role?: string;
  /** Only when PostgreSQL is older than this, e.g. `15.4`. */
  readonly postgresVersion?: string;
  readonly onlyIfPending: boolean;
  /** Seconds it may take to start again before a leader gives up its lock. */
  readonly timeout?: number;
}

export interface ScheduledRestartOrder extends RestartOrder {
  readonly at: Timestamp;
  /** The order is void once PostgreSQL has been started again by other means. */
  readonly postmasterStart: string | undefined;
}

export interface ReinitializeOrder {
  readonly id: number;
  /** Ends a long operation that is in its way. */
  readonly force: boolean;
  readonly fromLeader: boolean;
}

export const NO_ORDERS: Orders = {
  restart: undefined,
  scheduledRestart: undefined,
  reinitialize: undefined,
  shutdown: false,
};
