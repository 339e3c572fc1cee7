import type { Facts } from '../facts.ts';
import type { Acting, Action, Asking, WriteGuard } from '../plan.ts';
import { canHandOver, handoverPoll } from '../planned/handover.ts';
import { dueAt } from '../planned/schedule.ts';
import { act, seconds, viewOf } from '../situation.ts';
import { stopCleanly } from './keep-or-stop.ts';

const isPrimary = (f: Facts): boolean => f.postgres.role === 'primary';

/** Clears the request for a switchover or failover: this one, or any. */
export function clearRequest(guard: WriteGuard): Action {
  return {
    kind: 'write',
    document: { name: 'failover', value: undefined, guard, asLeader: true },
  };
}

/** Serves a request for a switchover or failover; undefined: there is none for now. */
export function serveRequest(f: Facts): Asking | Acting | undefined {
  const request = viewOf(f)?.failover;
  if (!request || (!request.leader && !request.candidate) || !isPrimary(f)) return undefined;
  const action = request.leader ? 'switchover' : 'manual failover';
  const clear = (why: string): Acting =>
    act(`${action}: ${why}`, [clearRequest({ version: request.version })]);
  if (request.scheduledAt !== undefined) {
    if (f.settings.pause) return undefined;
    const due = dueAt(Date.parse(request.scheduledAt), f.wall, f.settings.loopWait);
    if (due.kind === 'later') return undefined;
    if (due.kind === 'stale') return clear('found a stale request, cleaning up');
  }
  if (request.leader && request.leader !== f.self.name) return clear('leader name does not match');
  if (request.candidate === f.self.name) return clear('I am already the leader');
  if (!request.candidate && f.settings.pause) {
    return clear('possible only to a specific candidate in a paused state');
  }
  if (!f.answers.peers) return handoverPoll(f, request.candidate);
  if (!canHandOver(f, request)) return clear('no healthy members found');
  return act(`${action}: demoting myself`, [stopCleanly(f)], {
    memory: { steppingDown: 'switchover', rewind: 'check' },
    wakeAt: f.now,
  });
}

/** When a scheduled switchover is due, if that is sooner than the next look. */
export function scheduledWake(f: Facts): { wakeAt?: number } {
  const at = viewOf(f)?.failover?.scheduledAt;
  if (at === undefined) return {};
  const due = dueAt(Date.parse(at), f.wall, f.settings.loopWait);
  const soon = due.kind === 'later' && due.inMs < seconds(f.settings.loopWait);
  return soon ? { wakeAt: f.now + due.inMs } : {};
}
