import { ROLE_TITLES, RUNNING_STATES } from '../../list/members.ts';
import { byteSize } from '../../render/byte-size.ts';
import type { Tone } from '../../render/paint.ts';
import type { Scene, SceneGroup, SceneMember } from './scene.ts';

/** One sentence on what has happened. Text from outside is in it as it came. */
export interface Change {
  readonly text: string;
  readonly tone: Tone;
}

/** What has happened between two looks at a cluster, the most important first. */
export function changesBetween(before: Scene, after: Scene): Change[] {
  const groups = new Map(before.groups.map((group) => [group.group, group]));
  const changed = after.groups.flatMap((group) => {
    const old = groups.get(group.group);
    const prefix = group.group === undefined ? '' : `group ${group.group}: `;
    const found = old ? groupChanges(old, group) : [change('the group is there now')];
    return found.map(({ text, tone }) => ({ text: prefix + text, tone }));
  });
  const there = new Set(after.groups.map(({ group }) => group));
  const gone = before.groups.filter(({ group }) => !there.has(group));
  return [...changed, ...gone.map(({ group }) => change(`group ${group} is gone`, 'bad'))];
}

function groupChanges(before: SceneGroup, after: SceneGroup): Change[] {
  return [
    ...leaderChanges(before, after),
    ...(before.timeline !== null && after.timeline !== null && before.timeline !== after.timeline
      ? [change(`timeline ${before.timeline} is now ${after.timeline}`)]
      : []),
    ...pauseChanges(before, after),
    ...scheduleChanges(before, after),
    ...membersChanges(before, after),
  ];
}

function leaderChanges(before: SceneGroup, after: SceneGroup): Change[] {
  if (before.leader === after.leader) return [];
  if (after.leader === undefined) {
    return [change(`there is no leader: ${before.leader} has lost the lock`, 'bad')];
  }
  const was = before.leader === undefined ? '' : `, it was ${before.leader}`;
  return [change(`${after.leader} is the leader now${was}`, 'leader')];
}

function pauseChanges(before: SceneGroup, after: SceneGroup): Change[] {
  if (before.paused === after.paused) return [];
  if (!after.paused) return [change('resumed: failover is automatic again')];
  return [change('paused: there is no automatic failover', 'behind')];
}

function scheduleChanges(before: SceneGroup, after: SceneGroup): Change[] {
  if (before.scheduledAt === after.scheduledAt) return [];
  if (after.scheduledAt === undefined) return [change('no switchover is scheduled any more')];
  return [change(`a switchover is scheduled at ${after.scheduledAt}`, 'behind')];
}

function membersChanges(before: SceneGroup, after: SceneGroup): Change[] {
  const old = new Map(before.members.map((member) => [member.key, member]));
  const there = new Set(after.members.map(({ key }) => key));
  const gone = before.members.filter(({ key }) => !there.has(key));
  return [
    ...gone.map(({ name }) => change(`${name} is gone from the store`, 'bad')),
    ...after.members.flatMap((member) => {
      const was = old.get(member.key);
      if (was) return memberChanges(was, member, after);
      return [change(`${member.name} is there now: ${member.state || 'state unknown'}`)];
    }),
  ];
}

function memberChanges(before: SceneMember, after: SceneMember, group: SceneGroup): Change[] {
  const { name } = after;
  const found: Change[] = [];
  const say = (text: string, tone: Tone = 'plain') => found.push(change(`${name} ${text}`, tone));
  // Who leads has been said of the cluster.
  if (before.role !== after.role && !after.leads && group.leader !== undefined) {
    say(`was ${titleOf(before)}, is ${titleOf(after)}`);
  }
  // The store's word is older than the member's own: between the two nothing has happened.
  if (before.state !== after.state && before.source === after.source) {
    const tone = RUNNING_STATES.has(after.state) ? 'plain' : 'bad';
    say(`was ${before.state || 'unknown'}, is ${after.state || 'unknown'}`, tone);
  }
  if (before.silence === undefined && after.silence !== undefined) {
    say(`is silent: ${after.silence}`, 'bad');
  }
  if (before.silence !== undefined && after.silence === undefined) {
    say(`answers again, it is ${after.state || 'unknown'}`);
  }
  if (!before.lagging && after.lagging) {
    const lag = byteSize(after.receiveLag ?? after.replayLag ?? 0);
    say(`lags ${lag}, more than maximum_lag_on_failover (${byteSize(group.lagLimit)})`, 'behind');
  }
  if (before.lagging && !after.lagging) say('has caught up');
  if (!before.pendingRestart && after.pendingRestart) say('waits for a restart', 'behind');
  if (before.pendingRestart && !after.pendingRestart) say('waits for no restart any more');
  return found;
}

function titleOf({ role }: SceneMember): string {
  return ROLE_TITLES[role].toLowerCase();
}

function change(text: string, tone: Tone = 'plain'): Change {
  return { text, tone };
}
