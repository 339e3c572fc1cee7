import type { NodeStatus } from './node-status.ts';

/**
 * How far a replica's data are behind in time, in seconds: 0 when it has replayed all WAL up to
 * `leaderLsn` (bytes), else the age of the last transaction that it replayed. Undefined when that
 * is not known. On a leader that writes nothing a replica that lacks WAL seems to age.
 */
export function replayLagSeconds(
  status: NodeStatus,
  leaderLsn: number,
  nowMs: number,
): number | undefined {
  if (status.replayedLsn !== undefined && leaderLsn > 0 && status.replayedLsn >= leaderLsn) {
    return 0;
  }
  if (status.replayedAt === undefined) return undefined;
  // PostgreSQL prints `2026-11-23 03:48:04.634169+00:00`, ISO 8601 has a T there.
  const replayedMs = Date.parse(status.replayedAt.replace(' ', 'T'));
  if (Number.isNaN(replayedMs)) return undefined;
  return Math.max(0, Math.round((nowMs - replayedMs) / 100) / 10);
}
