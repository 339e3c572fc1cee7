import type { NodeStatus } from '../../model/node-status.ts';

/** How many copies may fail before we say that none will succeed. Patroni itself tries for ever. */
const MAX_COPIES = 3;

/** What is known of one member while it is made anew. Times are in ms of a monotonic clock. */
export interface ReinitTrack {
  /** `requested`: no sign of it yet; then the copy, the start, the way to the leader's position. */
  readonly phase: 'requested' | 'copying' | 'starting' | 'catching up';
  /** Start time of the server that ran before; absent when it did not run or did not say. */
  readonly startedBefore?: string;
  /** The member answered before the request, and no server ran there. */
  readonly wasDown: boolean;
  /** How many copies have been begun. */
  readonly copies: number;
  /** Since when the member is in a state that should pass; absent when it moves. */
  readonly stuckSince?: number;
}

/** One look at the member, and at what the leader says of it. */
export interface ReinitSight {
  readonly now: number;
  /** Absent when the member did not answer. */
  readonly status: NodeStatus | undefined;
  readonly leaderTimeline: number | undefined;
  /** The leader has a replication connection of this member that streams. */
  readonly leaderStreams: boolean;
  /** How long a state that should pass may last, in ms. */
  readonly patienceMs: number;
}

/** The end of it, with the words for people. */
export interface ReinitEnd {
  readonly outcome: 'done' | 'failed';
  readonly message: string;
}

/** The first entry: the member as it was before the request. */
export function startTrack(before: NodeStatus | undefined): ReinitTrack {
  const started = before?.postmasterStartTime;
  const wasDown = before !== undefined && started === undefined && before.state !== 'running';
  return { phase: 'requested', copies: 0, wasDown, ...(started ? { startedBefore: started } : {}) };
}

/**
 * One step: the next entry, or the end. Done is only a server that was started after the request,
 * streams, and is on the leader's timeline; a copy that has ended is not.
 */
export function advance(track: ReinitTrack, sight: ReinitSight): ReinitTrack | ReinitEnd {
  const { status } = sight;
  if (!status) return track;
  switch (status.state) {
    case 'creating replica':
      return copying(track);
    case 'running':
      return isNew(track, status)
        ? running(track, status, sight)
        : stuck(track, sight, 'the server that ran before still runs: no copy was begun');
    case 'starting':
      return moves(track, track.copies > 0 ? 'starting' : track.phase);
    case 'start failed':
    case 'crashed':
    case 'stop failed':
    case 'restart failed':
      return stuck(
        track,
        sight,
        `its state is ${status.state}: the server's log on its host says why`,
      );
    case 'stopped':
      return stuck(
        track,
        sight,
        track.copies > 0
          ? 'the copy ended and no server was started: the log of its agent says why'
          : 'the server was stopped and no copy was begun: the log of its agent says why',
      );
    default:
      return moves(track, track.phase);
  }
}

/** True for the end of a track. */
export function isEnd(step: ReinitTrack | ReinitEnd): step is ReinitEnd {
  return 'outcome' in step;
}

/** A copy that goes on, or the next one after one that failed. */
function copying(track: ReinitTrack): ReinitTrack | ReinitEnd {
  if (track.phase === 'copying' && track.stuckSince === undefined) return track;
  const copies = track.copies + 1;
  if (copies > MAX_COPIES) {
    const message = `${MAX_COPIES} copies failed, and the agent tries on: its log says why`;
    return { outcome: 'failed', message };
  }
  return { ...moves(track, 'copying'), copies };
}

function isNew(track: ReinitTrack, status: NodeStatus): boolean {
  const started = status.postmasterStartTime;
  if (track.copies > 0 || track.wasDown) return started !== track.startedBefore;
  return (
    track.startedBefore !== undefined && started !== undefined && started !== track.startedBefore
  );
}

function running(
  track: ReinitTrack,
  status: NodeStatus,
  sight: ReinitSight,
): ReinitTrack | ReinitEnd {
  if (status.role === 'primary' || status.role === 'master') {
    return { outcome: 'failed', message: 'it has become the leader meanwhile' };
  }
  const { leaderTimeline } = sight;
  const onTimeline =
    leaderTimeline === undefined ||
    status.timeline === undefined ||
    status.timeline === leaderTimeline;
  const next: ReinitTrack = { ...track, phase: 'catching up' };
  if (!onTimeline) {
    const message = `it is on timeline ${status.timeline}, the leader on ${leaderTimeline}`;
    return stuck(next, sight, message);
  }
  if (status.replicationState === 'streaming' || sight.leaderStreams) {
    return { outcome: 'done', message: 'it runs and streams' };
  }
  const end = stuck(next, sight, 'it runs, but replicates from nobody');
  if (!isEnd(end)) return end;
  if (status.replicationState === 'in archive recovery') {
    return { outcome: 'done', message: 'it runs, in archive recovery: it does not stream' };
  }
  // Patroni 3.0 says nothing of replication, and a cascade does not show at the leader.
  const silent = /^[0-3]\./.test(status.version ?? '');
  return silent ? { outcome: 'done', message: 'it runs; it does not say if it streams' } : end;
}

function moves(track: ReinitTrack, phase: ReinitTrack['phase']): ReinitTrack {
  const { stuckSince: _, ...rest } = track;
  return { ...rest, phase };
}

function stuck(track: ReinitTrack, sight: ReinitSight, message: string): ReinitTrack | ReinitEnd {
  const stuckSince = track.stuckSince ?? sight.now;
  if (sight.now - stuckSince >= sight.patienceMs) return { outcome: 'failed', message };
  return { ...track, stuckSince };
}
