import { type ClusterView, leaderMember } from '../model/cluster.ts';
import { isNoFailover, type Member } from '../model/member.ts';

/** `error`: not healthy. `warning`: worth knowing, healthy all the same. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  /** The member it is about; null when it is about the cluster. */
  readonly member: string | null;
  readonly message: string;
}

/** What a member's REST API said when it was asked: undefined when it answered, else why not. */
export type Reachability = ReadonlyMap<string, string | undefined>;

/**
 * All that keeps a cluster from being healthy, worst first: a leader that runs, standbys that
 * stream on its timeline within the lag limit, one of them able to take over, and, in synchronous
 * mode, one that is synchronous (Patroni's documentation, "Replication modes").
 */
export function findings(view: ClusterView, reachable: Reachability): Finding[] {
  const all = [
    ...clusterFindings(view),
    ...view.members.flatMap((member) => memberFindings(view, member)),
    ...reachFindings(view, reachable),
  ];
  const errors = all.filter(({ severity }) => severity === 'error');
  return [...errors, ...all.filter(({ severity }) => severity === 'warning')];
}

function clusterFindings(view: ClusterView): Finding[] {
  const found: Finding[] = [];
  const say = (severity: Finding['severity'], code: string, message: string) =>
    found.push({ severity, code, member: null, message });
  const settings = view.config?.settings;
  if (!view.initialize) {
    say(
      'error',
      'uninitialized',
      view.initialize === '' ? 'it is being bootstrapped' : 'it was never bootstrapped',
    );
  }
  if (view.leader === undefined) say('error', 'no-leader', 'no member holds the leader lock');
  else if (!leaderMember(view)) {
    say(
      'error',
      'leader-unknown',
      `the lock is held by ${view.leader}, of which there is no document`,
    );
  }
  if (view.leader !== undefined && !view.members.some((member) => mayTakeOver(view, member))) {
    say('error', 'no-standby', 'no standby could take over from the leader');
  }
  if (settings && settings.synchronousMode !== 'off' && !settings.standbyCluster) {
    if (!view.sync || view.sync.leader !== view.leader || view.sync.standbys.length === 0) {
      say('error', 'no-sync-standby', 'synchronous mode is on and no standby is synchronous');
    }
  }
  if (settings?.pause) say('warning', 'paused', 'it is paused: there is no automatic failover');
  if (view.failover?.scheduledAt) {
    say(
      'warning',
      'switchover-scheduled',
      `a switchover is scheduled at ${view.failover.scheduledAt}`,
    );
  }
  const versions = new Set(view.members.flatMap(({ version }) => version ?? []));
  if (versions.size > 1) {
    say(
      'warning',
      'mixed-versions',
      `the agents have different versions: ${[...versions].sort().join(', ')}`,
    );
  }
  return found;
}

function memberFindings(view: ClusterView, member: Member): Finding[] {
  const found: Finding[] = [];
  const say = (severity: Finding['severity'], code: string, message: string) =>
    found.push({ severity, code, member: member.name, message });
  if (member.state !== 'running' && member.state !== 'streaming') {
    say('error', 'not-running', `its state is "${member.state || 'unknown'}"`);
  } else if (member.name !== view.leader) {
    for (const message of standbyFindings(view, member)) say('error', message.code, message.text);
  } else if (member.role === 'standby_leader' && isCutOff(member)) {
    say('error', 'not-streaming', 'it does not replicate from the primary cluster');
  }
  if (member.pendingRestart) {
    const names = Object.keys(member.pendingRestartReason).join(', ');
    say('warning', 'pending-restart', `it waits for a restart${names ? ` (${names})` : ''}`);
  }
  return found;
}

/** What is wrong with a standby that runs. */
function standbyFindings(view: ClusterView, member: Member): { code: string; text: string }[] {
  const found: { code: string; text: string }[] = [];
  const leader = leaderMember(view);
  if (!streams(member)) {
    const state = member.replicationState ?? 'not replicating';
    found.push({ code: 'not-streaming', text: `it does not stream from its source: ${state}` });
  }
  if (leader?.timeline !== undefined && member.timeline !== undefined) {
    if (member.timeline !== leader.timeline) {
      const text = `it is on timeline ${member.timeline}, the leader on ${leader.timeline}`;
      found.push({ code: 'other-timeline', text });
    }
  }
  const lag = lagBytes(view, member);
  const limit = view.config?.settings.maximumLagOnFailover;
  if (lag !== undefined && limit !== undefined && limit > 0 && lag > limit) {
    found.push({
      code: 'lag',
      text: `it lags ${lag} bytes behind, more than the limit of ${limit}`,
    });
  }
  return found;
}

function reachFindings(view: ClusterView, reachable: Reachability): Finding[] {
  return view.members.flatMap((member) => {
    const reason = reachable.get(member.name);
    if (reason === undefined) return [];
    const message = `its REST API does not answer: ${reason}`;
    return [{ severity: 'error' as const, code: 'unreachable', member: member.name, message }];
  });
}

/** `nostream` members replay from the archive by intent; Patroni before 3.1 does not say. */
function streams(member: Member): boolean {
  if (member.tags.nostream === true || member.state === 'streaming') return true;
  if (member.replicationState !== undefined) return member.replicationState === 'streaming';
  const [major = 0, minor = 0] = (member.version ?? '0.0').split('.').map(Number);
  return major < 3 || (major === 3 && minor < 1);
}

/** Neither streams nor reads an archive, which is enough for the leader of a standby cluster. */
function isCutOff(member: Member): boolean {
  return member.replicationState === undefined && !streams(member);
}

function mayTakeOver(view: ClusterView, member: Member): boolean {
  return (
    member.name !== view.leader &&
    !isNoFailover(member.tags) &&
    member.state === 'running' &&
    standbyFindings(view, member).length === 0
  );
}

function lagBytes(view: ClusterView, member: Member): number | undefined {
  const position = member.receiveLsn ?? member.xlogLocation ?? member.replayLsn;
  if (!position || !view.status.lastLsn) return undefined;
  return Math.max(0, view.status.lastLsn - position);
}
