import type { HistoryLine, Status } from '../model/cluster.ts';
import type { Member } from '../model/member.ts';
import type { Source, SyncNames } from '../model/postgres.ts';
import type { Facts, Monotonic } from './facts.ts';
import type { JobSpec } from './job.ts';
import type { Memory } from './memory.ts';

/** What a node does next: it asks one question, or it acts and says why. */
export type Plan = { readonly rule: string } & (Asking | Acting);

export interface Asking {
  readonly ask: Question;
}

export interface Acting {
  /** In this order; the first that fails or loses a race ends the list. */
  readonly do: readonly Action[];
  /** Patroni's status sentence: people and programs look for it in the log. */
  readonly say: string;
  /** What made the rule come out this way, in a few words: for the log, and for who asks why. */
  readonly because?: string;
  /** What to remember, before anything is done. */
  readonly memory?: Partial<Memory>;
  /** Look again at this time at the latest; undefined: after `loop_wait`. */
  readonly wakeAt?: Monotonic;
}

/** Its answer is added to the facts, and the same decision is made again. */
export type Question =
  /**
   * Take the lock if it is free, in one step with a check that `/sync` is still as it was seen: its
   * version, or that there is none. `ttl` in seconds.
   */
  | { readonly kind: 'acquire'; readonly ttl: number; readonly sync: string | 'absent' }
  /** Keep the lock, and write these documents when they changed. */
  | {
      readonly kind: 'renew';
      readonly ttl: number;
      readonly status?: Status;
      readonly failsafe?: Readonly<Record<string, string>>;
    }
  /** Ask these members how they are. */
  | { readonly kind: 'poll'; readonly members: readonly PeerAddress[] }
  /** Ask all members of the failsafe list to respect this leader a while longer. */
  | {
      readonly kind: 'failsafe';
      readonly members: readonly PeerAddress[];
      readonly slots: Readonly<Record<string, number>>;
    }
  /** Look at a source's timelines. */
  | { readonly kind: 'inspect'; readonly source: Source };

export interface PeerAddress {
  readonly name: string;
  readonly apiUrl: string;
  /** Its document has expired: it is down or cut off, and nobody waits long for its answer. */
  readonly gone?: true;
}

/** One deed. */
export type Action =
  /** `preempt` ends a running job first; without it a running job makes this one fail. */
  | { readonly kind: 'job'; readonly job: JobSpec; readonly preempt?: boolean }
  | { readonly kind: 'cancel-job' }
  /** Give the lock away, with the WAL position that a successor must have. */
  | { readonly kind: 'release'; readonly lsn?: number }
  | { readonly kind: 'write'; readonly document: DocumentWrite }
  | { readonly kind: 'publish'; readonly member: Member }
  | { readonly kind: 'set-sync-names'; readonly names: SyncNames }
  /** Point a running standby to another source, without a restart. */
  | { readonly kind: 'follow'; readonly source: Source | undefined }
  | { readonly kind: 'sync-slots'; readonly changes: readonly SlotChange[] }
  | { readonly kind: 'checkpoint' }
  /** The bootstrap is done: from now on the directory belongs to a cluster. */
  | { readonly kind: 'finish-bootstrap' }
  | { readonly kind: 'start-guard' }
  /** No primary runs here any more: the guard and the watchdog have nothing to do. */
  | { readonly kind: 'disarm' }
  /** Tell the one who gave an order how it ended, and forget the order. */
  | { readonly kind: 'answer'; readonly order: number; readonly ok: boolean; readonly text: string }
  | { readonly kind: 'exit'; readonly code: number; readonly why: string };

/** This version, no such document, or no matter. */
export type WriteGuard = { readonly version: string } | 'absent' | 'any';

/** A document for the DCS: all are written with compare-and-set. */
export type DocumentWrite = DocumentValue & {
  readonly guard: WriteGuard;
  /**
   * Only while the lock is ours, in one step with the check: a delayed request of a former leader
   * does nothing.
   */
  readonly asLeader: boolean;
};

/** `undefined` removes the document, or clears the request. */
type DocumentValue =
  /**
   * `''` claims the bootstrap, and goes away with our session; else the system identifier. Only our
   * own claim can be removed.
   */
  | { readonly name: 'initialize'; readonly value: string | undefined }
  | { readonly name: 'config'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly name: 'sync'; readonly value: SyncDocument | undefined }
  | {
      readonly name: 'failover';
      readonly value: { readonly leader?: string; readonly candidate?: string } | undefined;
    }
  | { readonly name: 'history'; readonly value: readonly HistoryLine[] };

export interface SyncDocument {
  readonly leader: string;
  readonly standbys: readonly string[];
  readonly quorum: number;
}

export type SlotChange =
  | {
      readonly kind: 'create';
      readonly name: string;
      readonly type: 'physical' | 'logical';
      readonly database?: string;
      readonly plugin?: string;
      /** Reserve WAL at once. */
      readonly reserve: boolean;
    }
  | { readonly kind: 'drop'; readonly name: string }
  | {
      readonly kind: 'advance';
      readonly name: string;
      readonly lsn: number;
      /** Of a logical slot. */
      readonly database?: string;
    };

/** Part of a node's life that a rule belongs to. */
export type Phase =
  | 'leaving'
  | 'unreachable'
  | 'busy'
  | 'orders'
  | 'paused'
  | 'startup'
  | 'down'
  | 'race'
  | 'leading'
  | 'following';

/** One rule: what to do in a situation, and why. */
export interface Rule {
  /** `phase.what`. */
  readonly name: string;
  readonly phase: Phase;
  /** The reason, in one sentence. */
  readonly why: string;
  /** The functions of Patroni 4.1 (ha.py unless said otherwise) whose part this is. */
  readonly mirrors: readonly string[];
  /** Undefined: the rule does not apply. */
  readonly plan: (facts: Facts) => Asking | Acting | undefined;
}
