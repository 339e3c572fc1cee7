import {
  type Before,
  isComplete,
  type TakeoverProgress,
  takeoverProgress,
} from '../../ha/takeover-progress.ts';
import { writeOutageMs } from '../../ha/write-outage.ts';
import type { ClusterView } from '../../model/cluster.ts';
import type { NodeStatus } from '../../model/node-status.ts';
import { progressLine } from '../progress-line.ts';
import type { Session } from '../session.ts';
import { readAgain } from '../wait.ts';
import type { Sent } from './request.ts';
import { stageText } from './stage.ts';
import { watchMembers } from './watch-members.ts';

/** How often the wait looks around. */
const TICK_MS = 100;
/** How often the DCS is read. */
const READ_MS = 300;
/** The request is gone and nothing came of it for that long: then it failed. */
const QUIET_MS = 5000;

export interface Follow {
  readonly view: ClusterView;
  readonly group: number | undefined;
  readonly before: Before;
  readonly timeoutMs: number;
  /** Members whose role is asked for at short intervals, beside the old and the new leader. */
  readonly likely: readonly string[];
  /** Sends the request: called once, after the first look at the members. */
  readonly send: () => Promise<Sent>;
}

/**
 * `complete`: the new leader works and all follow. `answered`: the answer says that nothing was
 * begun, or that it is for later. `failed`: the request is gone and the leader is the same.
 * `no-sign`: nobody answered, and nothing happens. `timeout`: not there yet.
 */
type FollowEnd = 'complete' | 'answered' | 'failed' | 'no-sign' | 'timeout';

export interface Followed {
  readonly end: FollowEnd;
  readonly progress: TakeoverProgress;
  /** The last answers of the members. */
  readonly statuses: ReadonlyMap<string, NodeStatus>;
  /** Undefined while the leader had not answered. */
  readonly sent: Sent | undefined;
  readonly writeOutageMs: number | null;
  readonly elapsedMs: number;
}

/**
 * Sends a request and watches the DCS and the members until it has come to its end. The leader's
 * answer alone decides only when it refuses: "failed" and "status unknown" are guesses of a member
 * that has just lost its lock.
 */
export async function followTakeover(session: Session, follow: Follow): Promise<Followed> {
  const { clock } = session;
  const startedMs = clock.monotonic();
  const members = watchMembers(session);
  const dcs = watchDcs(session, follow);
  const request = track(follow.send);
  const quiet = quietTime(follow.before);
  const line = progressLine(session);
  for (;;) {
    session.signal.throwIfAborted();
    const view = dcs.latest();
    const progress = takeoverProgress(follow.before, { view, statuses: members.statuses });
    members.tick((view ?? follow.view).members, closeTo(follow, progress));
    if (!request.begun) request.begin();
    dcs.tick();
    const sent = request.result();
    const elapsedMs = clock.monotonic() - startedMs;
    const gone = quiet(progress, { sent, readMs: dcs.readMs(), nowMs: clock.monotonic() });
    const end = endOf({ progress, sent, gone, late: elapsedMs >= follow.timeoutMs });
    if (end !== 'answered') {
      const stage = stageText(progress, follow.before);
      line.show(stage, `${(elapsedMs / 1000).toFixed(1)} s: ${stage}`);
    }
    if (end) {
      const ends = { from: follow.before.leader, to: progress.newLeader };
      const outage = writeOutageMs(members.samples, ends);
      const { statuses } = members;
      return { end, progress, statuses, sent, writeOutageMs: outage, elapsedMs };
    }
    await clock.sleep(TICK_MS, session.signal);
  }
}

function endOf(now: {
  readonly progress: TakeoverProgress;
  readonly sent: Sent | undefined;
  readonly gone: 'failed' | 'no-sign' | undefined;
  readonly late: boolean;
}): FollowEnd | undefined {
  const { progress, sent } = now;
  if (sent?.kind === 'answered') {
    const { kind } = sent.reply;
    if (kind !== 'look' && kind !== 'done' && kind !== 'other-leader') return 'answered';
  }
  if (isComplete(progress)) return 'complete';
  return now.gone ?? (now.late ? 'timeout' : undefined);
}

/**
 * Watches for a request that is gone while the leader is the same, for long enough to be sure: in
 * the DCS as it was read then, not before. After silence of the one who was asked it failed only
 * when the request was seen in the DCS.
 */
function quietTime(before: Before) {
  let since: number | undefined;
  let seen = false;
  return (
    { requested, newLeader, locked }: TakeoverProgress,
    now: {
      readonly sent: Sent | undefined;
      readonly readMs: number | undefined;
      readonly nowMs: number;
    },
  ): 'failed' | 'no-sign' | undefined => {
    seen ||= requested;
    const still = before.leader === undefined || locked;
    const quiet = now.sent && !requested && newLeader === null && still;
    since = quiet ? (since ?? now.nowMs) : undefined;
    if (since === undefined || now.readMs === undefined) return undefined;
    if (now.readMs - since < QUIET_MS) return undefined;
    return now.sent?.kind === 'silent' && !seen ? 'no-sign' : 'failed';
  };
}

function closeTo({ before, likely }: Follow, { newLeader }: TakeoverProgress): Set<string> {
  const names = [before.leader, newLeader ?? undefined, ...(newLeader ? [] : likely)];
  return new Set(names.filter((name) => name !== undefined));
}

/** The request as a value that can be looked at without waiting for it. */
function track(send: () => Promise<Sent>) {
  let begun = false;
  let sent: Sent | undefined;
  let failure: { readonly error: unknown } | undefined;
  return {
    get begun() {
      return begun;
    },
    begin(): void {
      begun = true;
      send().then(
        (value) => {
          sent = value;
        },
        (error: unknown) => {
          failure = { error };
        },
      );
    },
    /** Throws what `send` rejected with. */
    result(): Sent | undefined {
      if (failure) throw failure.error;
      return sent;
    },
  };
}

/** Reads the DCS again and again without holding up the caller. */
function watchDcs(session: Session, { view, group }: Pick<Follow, 'view' | 'group'>) {
  let latest: ClusterView | undefined;
  let readMs: number | undefined;
  let failure: { readonly error: unknown } | undefined;
  let busy = false;
  let nextAt = 0;
  const read = async (startedMs: number): Promise<void> => {
    const found = await readAgain(session, view.scope, group);
    if (!found) return;
    latest = found;
    readMs = startedMs;
  };
  return {
    tick(): void {
      const now = session.clock.monotonic();
      if (busy || now < nextAt) return;
      busy = true;
      nextAt = now + READ_MS;
      read(now)
        .catch((error: unknown) => {
          failure = { error };
        })
        .finally(() => {
          busy = false;
        });
    },
    /** Throws what is neither an answer nor silence: our own mistake. */
    latest(): ClusterView | undefined {
      if (failure) throw failure.error;
      return latest;
    },
    /** When that was asked for, on the monotonic clock; undefined: there was no answer yet. */
    readMs: (): number | undefined => readMs,
  };
}
