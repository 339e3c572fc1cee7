import { type NodeStatus, walPosition } from '../../model/node-status.ts';
import type { Facts } from '../facts.ts';
import { viewOf } from '../situation.ts';
import { isClaim } from './timeline-claim.ts';

/** How far a server's data are: on a later timeline they are further, whatever the position. */
export interface Standing {
  /** Undefined: not known; then only positions can be compared. */
  readonly timeline: number | undefined;
  /** Bytes. */
  readonly lsn: number;
}

/** This node's own. */
export function ownStanding({ postgres }: Facts): Standing {
  return { timeline: postgres.timeline, lsn: postgres.lsn };
}

/** A member's, by its answer; a position of 0: it has none, or did not say. */
export function standingOf(status: NodeStatus): Standing {
  return { timeline: status.timeline, lsn: walPosition(status) ?? 0 };
}

/**
 * Above 0 when `one` is ahead of `other`. A former primary that was left behind on its timeline may
 * have a higher position, of WAL that nobody needs; Patroni compares positions only.
 */
export function compareStanding(one: Standing, other: Standing): number {
  const known = one.timeline !== undefined && other.timeline !== undefined;
  const timelines = known ? (one.timeline ?? 0) - (other.timeline ?? 0) : 0;
  return timelines !== 0 ? timelines : one.lsn - other.lsn;
}

/**
 * How much of the cluster's WAL this node has, in bytes: what it wrote on a timeline after the
 * cluster had left it does not count.
 */
export function sharedPosition(facts: Facts): number {
  const { timeline, lsn } = facts.postgres;
  const history = viewOf(facts)?.history ?? [];
  const line = history.find((line) => line[0] === timeline && !isClaim(line));
  const left = line?.[1];
  return typeof left === 'number' ? Math.min(lsn, left) : lsn;
}
