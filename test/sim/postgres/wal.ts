import type { TimelineSwitch } from '../../../src/model/postgres.ts';

/** What a client calls its commit. A client that tries again takes a new one. */
export type CommitId = string | number;

type RecordKind = 'initdb' | 'commit' | 'checkpoint' | 'shutdown' | 'promote';

/** All that began with one initdb: a tree of WAL records, of which a server has one branch. */
interface System {
  readonly id: string;
  /** How many records were ever written, by all servers together. */
  records: number;
  readonly commits: Map<CommitId, WalRecord>;
}

/**
 * One WAL record, and with it the whole branch that it ends: a position. Two servers may give the
 * same timeline number and LSN to different records; they are never the same object, nor have they
 * the same `id`.
 */
export interface WalRecord {
  readonly system: System;
  /** Unique in the system, in the order of writing. */
  readonly id: number;
  readonly kind: RecordKind;
  readonly timeline: number;
  /** Where it ends, in bytes. */
  readonly lsn: number;
  readonly parent: WalRecord | undefined;
  /** How many records are before it in its branch. */
  readonly depth: number;
  /** Some record before it: with these, any record is found in a few jumps. */
  readonly jump: WalRecord | undefined;
  /** The last checkpoint in the branch, this record counted: where it begins. */
  readonly checkpoint: { readonly timeline: number; readonly lsn: number };
  /** Timelines before its own one, oldest first. */
  readonly history: readonly TimelineSwitch[];
  readonly commit: CommitId | undefined;
}

const FIRST_LSN = 0x2000000;
const SIZES: Readonly<Record<RecordKind, number>> = {
  initdb: 0,
  commit: 256,
  checkpoint: 120,
  shutdown: 120,
  promote: 56,
};

/** The first record of a new system. */
export function newSystem(id: string): WalRecord {
  return {
    system: { id, records: 1, commits: new Map() },
    id: 0,
    kind: 'initdb',
    timeline: 1,
    lsn: FIRST_LSN,
    parent: undefined,
    depth: 0,
    jump: undefined,
    checkpoint: { timeline: 1, lsn: FIRST_LSN },
    history: [],
    commit: undefined,
  };
}

export interface NewRecord {
  readonly kind: Exclude<RecordKind, 'initdb'>;
  readonly commit?: CommitId;
  /** In bytes. */
  readonly size?: number;
  /** Leaves the timeline for this one. */
  readonly timeline?: number;
}

/** Writes a record after this one. */
export function append(parent: WalRecord, add: NewRecord): WalRecord {
  const { system } = parent;
  const timeline = add.timeline ?? parent.timeline;
  const isCheckpoint = add.kind === 'checkpoint' || add.kind === 'shutdown';
  const record: WalRecord = {
    system,
    id: system.records,
    kind: add.kind,
    timeline,
    lsn: parent.lsn + (add.size ?? SIZES[add.kind]),
    parent,
    depth: parent.depth + 1,
    jump: jumpAfter(parent),
    checkpoint: isCheckpoint ? { timeline, lsn: parent.lsn } : parent.checkpoint,
    history: timeline === parent.timeline ? parent.history : historyAfter(parent),
    commit: add.commit,
  };
  system.records += 1;
  if (add.commit !== undefined) system.commits.set(add.commit, record);
  return record;
}

function historyAfter(parent: WalRecord): readonly TimelineSwitch[] {
  const { timeline, lsn } = parent;
  return [...parent.history, { timeline, lsn, reason: 'no recovery target specified' }];
}

/** As long a jump as the parent's two together, when these are alike; else to the parent. */
function jumpAfter(parent: WalRecord): WalRecord {
  const { jump } = parent;
  if (jump?.jump === undefined) return parent;
  return parent.depth - jump.depth === jump.depth - jump.jump.depth ? jump.jump : parent;
}

/** The record of this depth in the branch; undefined when the branch is shorter. */
function recordAt(tip: WalRecord, depth: number): WalRecord | undefined {
  let record: WalRecord | undefined = tip;
  if (tip.depth < depth) return undefined;
  while (record !== undefined && record.depth > depth) {
    const { jump }: WalRecord = record;
    record = jump !== undefined && jump.depth >= depth ? jump : record.parent;
  }
  return record;
}

/** True when the branch that ends with `tip` has this record. */
export function contains(tip: WalRecord, record: WalRecord): boolean {
  return tip === record || recordAt(tip, record.depth) === record;
}

/** The last record that both branches have; undefined: they are of different systems. */
export function lastCommon(one: WalRecord, other: WalRecord): WalRecord | undefined {
  if (one.system !== other.system) return undefined;
  const depth = Math.min(one.depth, other.depth);
  let left = recordAt(one, depth);
  let right = recordAt(other, depth);
  while (left !== right && left !== undefined && right !== undefined) {
    // Branches of the same depth have jumps of the same length.
    const far = left.jump !== right.jump;
    left = far ? left.jump : left.parent;
    right = far ? right.jump : right.parent;
  }
  return left;
}

/** True when the branch has this commit. */
export function hasCommit(tip: WalRecord, id: CommitId): boolean {
  const record = tip.system.commits.get(id);
  return record !== undefined && contains(tip, record);
}
