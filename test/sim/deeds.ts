/**
 * Everything that happens to a simulated cluster from outside, as plain data: it can be drawn from
 * a seed, listed, left out one by one to shrink a failure, and written in a scenario. Times in ms.
 */
export type Deed = HostDeed | PostgresDeed | StoreDeed | LinkDeed | Operation;

type HostDeed =
  /** SIGKILL of the agent; its supervisor starts a new one after `ms`. */
  | { readonly kind: 'kill-agent'; readonly host: string; readonly ms: number }
  /** SIGKILL of the agent and of PostgreSQL at once; the agent is started again after `ms`. */
  | { readonly kind: 'kill-both'; readonly host: string; readonly ms: number }
  /** The agent alone stands still: SIGSTOP, a blocked event loop, a long collection. */
  | { readonly kind: 'freeze-agent'; readonly host: string; readonly ms: number }
  | { readonly kind: 'kill-guard'; readonly host: string }
  /** The whole host stands still, guard and PostgreSQL too (VM paused, laptop asleep). */
  | { readonly kind: 'pause-host'; readonly host: string; readonly ms: number }
  /** Power off; everything comes back after `ms`. */
  | { readonly kind: 'crash-host'; readonly host: string; readonly ms: number }
  /** The wall clock jumps, forwards or backwards. */
  | { readonly kind: 'step-clock'; readonly host: string; readonly ms: number }
  /** The monotonic clock runs fast or slow, by parts in a million. */
  | { readonly kind: 'drift-clock'; readonly host: string; readonly ppm: number };

type PostgresDeed =
  | { readonly kind: 'kill-postgres'; readonly host: string }
  | { readonly kind: 'slow-start'; readonly host: string; readonly ms: number }
  /** The next operations of this kind fail; a rewind and a clone half-way. */
  | {
      readonly kind: 'fail-next';
      readonly host: string;
      readonly what: 'start' | 'rewind' | 'clone' | 'promote' | 'crash-recovery' | 'bootstrap';
      readonly times: number;
    }
  | { readonly kind: 'disk-full'; readonly host: string; readonly ms: number }
  /** Monitoring queries do not return in time. */
  | { readonly kind: 'hang-monitoring'; readonly host: string; readonly ms: number };

type StoreDeed =
  | { readonly kind: 'store-down'; readonly ms: number }
  | { readonly kind: 'store-restart' }
  /** All documents are gone; sessions too. */
  | { readonly kind: 'store-wipe' }
  | { readonly kind: 'store-backup' }
  /** The store goes back to its last backup. */
  | { readonly kind: 'store-restore' }
  /** Watches are cancelled. */
  | { readonly kind: 'store-compact' }
  /** Requests from this host are lost on their way, or their replies are; one in `oneIn`. */
  | {
      readonly kind: 'lose-requests';
      readonly host: string;
      readonly oneIn: number;
      readonly ms: number;
    }
  | {
      readonly kind: 'lose-replies';
      readonly host: string;
      readonly oneIn: number;
      readonly ms: number;
    }
  /** Requests and replies each take up to `delay` longer; a late request is still done. */
  | {
      readonly kind: 'slow-store';
      readonly host: string;
      readonly delay: number;
      readonly ms: number;
    }
  /** Plain reads of this host come from a follower that is cut off. */
  | { readonly kind: 'stale-reads'; readonly host: string; readonly ms: number };

type LinkDeed =
  /** From one host to another, in this direction only; packets vanish. */
  | { readonly kind: 'cut-link'; readonly from: string; readonly to: string; readonly ms: number }
  | {
      readonly kind: 'slow-link';
      readonly from: string;
      readonly to: string;
      readonly delay: number;
      readonly ms: number;
    }
  /** Both directions to the store. */
  | { readonly kind: 'cut-store'; readonly host: string; readonly ms: number }
  /** Both directions to all other hosts, not to the store. */
  | { readonly kind: 'isolate'; readonly host: string; readonly ms: number };

/** What people do. */
export type Operation =
  | { readonly kind: 'switchover'; readonly candidate?: string; readonly inMs?: number }
  | { readonly kind: 'failover'; readonly candidate: string }
  | { readonly kind: 'restart'; readonly host: string; readonly inMs?: number }
  | { readonly kind: 'reinitialize'; readonly host: string; readonly force: boolean }
  | { readonly kind: 'pause'; readonly on: boolean }
  /** A merge patch of the dynamic configuration. */
  | { readonly kind: 'edit-config'; readonly patch: Readonly<Record<string, unknown>> }
  /** SIGTERM; a new agent is started after `ms`. */
  | { readonly kind: 'stop-agent'; readonly host: string; readonly ms: number };
