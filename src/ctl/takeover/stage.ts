import { type Before, isComplete, type TakeoverProgress } from '../../ha/takeover-progress.ts';

/** Where a switchover or failover stands, in one line. Names are as they come: not yet escaped. */
export function stageText(progress: TakeoverProgress, before: Before): string {
  const { newLeader, promoted, timeline } = progress;
  if (newLeader === null) {
    if (before.leader === undefined) return 'waiting for a leader';
    return progress.locked
      ? `waiting for ${before.leader} to step down`
      : `${before.leader} has stepped down, waiting for a new leader`;
  }
  if (!promoted) return `${newLeader} holds the leader lock and is being promoted`;
  const where = timeline === null ? '' : ` on timeline ${timeline}`;
  const leads = `${newLeader} leads${where}`;
  if (isComplete(progress)) return `${leads}, all members follow`;
  return `${leads}, waiting for ${stillMissing(progress, before).join(', ')} to follow`;
}

/** The members that are not back yet, the old leader first. */
export function stillMissing(progress: TakeoverProgress, before: Before): string[] {
  const old = progress.oldLeaderRejoined === false && before.leader ? [before.leader] : [];
  return [...old, ...progress.notFollowing];
}
