/** How a drill measures: with a table of its own, by reading only, or not itself. */
export type ProbeKind = 'write' | 'read' | 'none';

/** One thing that was looked at before a drill. `refused`: the drill is not begun. */
export interface DrillCheck {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'refused';
  readonly message: string;
}

/** A member as it was at the start or at the end. */
export interface DrillMember {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly timeline: number | null;
  readonly lagBytes: number | null;
  /** Versions of PostgreSQL and of the agent; null where the member did not say. */
  readonly postgresql: string | null;
  readonly agent: string | null;
}

/** The longest time without an answer within one switchover. */
export interface Outage {
  readonly ms: number;
  /** When it began and ended, in milliseconds of the drill. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The members that gave the last answer before and the first after; null: none did. */
  readonly before: string | null;
  readonly after: string | null;
  /** False: it had not ended when the measurement did, so it was at least that long. */
  readonly ended: boolean;
}

/** One switchover of a drill. */
export interface DrillLeg {
  readonly from: string;
  /** Who was asked for; null: whom Patroni chooses. */
  readonly candidate: string | null;
  readonly newLeader: string | null;
  readonly outcome: 'done' | 'failed' | 'unknown';
  /** What went wrong, in one sentence. */
  readonly error: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** As the probe measured it; null: not measured. */
  readonly outage: Outage | null;
  /** For how long no member said that it accepts writes; null: not seen. */
  readonly reportedOutageMs: number | null;
}

/** What the reads of the probe met on one member. */
export interface DrillReads {
  readonly member: string;
  readonly answered: number;
  readonly failed: number;
  /** Milliseconds; null: it never answered twice. */
  readonly longestGapMs: number | null;
}

/** What became of the probe's rows. */
export interface DrillWrites {
  readonly acknowledged: number;
  /** Attempts without an acknowledgement. */
  readonly failed: number;
  /** Acknowledged rows that are not there any more; null: that could not be looked at. */
  readonly lost: number | null;
}

/** Something that happened, in milliseconds of the drill. */
export interface DrillStep {
  readonly atMs: number;
  readonly text: string;
}

/** Why a drill was not passed; `code` is for programs. */
export interface DrillReason {
  readonly code: string;
  readonly message: string;
}

/** All that a drill found: the `data` of `pgherd drill --json`. */
export interface DrillReport {
  readonly cluster: string;
  readonly group: number | null;
  readonly dryRun: boolean;
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly pgherd: string;
  readonly synchronousMode: string;
  readonly probe: {
    readonly kind: ProbeKind;
    /** The resolution of what is measured, in milliseconds. */
    readonly intervalMs: number;
    /** `schema.table` with quotes where needed; null: none was made. */
    readonly table: string | null;
    /** The statement that removes a table that could not be removed; null: nothing is left. */
    readonly left: string | null;
  };
  readonly maxOutageMs: number | null;
  readonly checks: readonly DrillCheck[];
  readonly before: readonly DrillMember[];
  /** Null: not looked at. */
  readonly after: readonly DrillMember[] | null;
  readonly legs: readonly DrillLeg[];
  /** The longest gap before the first switchover; null: not measured. */
  readonly calmGapMs: number | null;
  readonly reads: readonly DrillReads[] | null;
  readonly writes: DrillWrites | null;
  readonly steps: readonly DrillStep[];
  /** Recovery time: the longest outage of all switchovers, in milliseconds; null: not measured. */
  readonly rtoMs: number | null;
  /** Recovery point: acknowledged rows that were lost; null: not measured. */
  readonly rpoRows: number | null;
  /** Null: not known, or nothing was tried. */
  readonly passed: boolean | null;
  readonly reasons: readonly DrillReason[];
}
