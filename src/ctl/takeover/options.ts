import type { TakeoverAction } from '../../ha/candidates.ts';

/** What a switchover or failover was called with. */
export interface TakeoverOptions {
  readonly action: TakeoverAction;
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  /** Switchover only. */
  readonly leader: string | undefined;
  readonly candidate: string | undefined;
  /** Switchover only; as the user wrote it. */
  readonly scheduled: string | undefined;
  /** Ask nothing. */
  readonly force: boolean;
  /** Show who can take over and whether the request would be sent; send nothing. */
  readonly dryRun: boolean;
  /** Follow the operation to its end. */
  readonly wait: boolean;
  /** Seconds; undefined: long enough for the lease to run out and for everybody to return. */
  readonly timeout: number | undefined;
}
