import type { Scene } from '../../../../src/ha/explain/supposed-facts.ts';
import type { ClusterView } from '../../../../src/model/cluster.ts';
import { asItSays, type MemberReport, type NodeStatus } from '../../../../src/model/node-status.ts';
import { statusOf } from '../cluster-of.ts';
import { cluster } from '../cluster-views.ts';

/** What a standby that is well says of itself, and of its version and cluster. */
function wholeStatus(changes: Partial<NodeStatus> = {}): NodeStatus {
  return statusOf({
    serverVersion: 150_020,
    version: '4.1.5',
    scope: 'demo',
    systemId: '7000000000000000000',
    ...changes,
  });
}

/** Of the leader: it has a position of its own, and two standbys. */
function leaderStatus(changes: Partial<NodeStatus> = {}): NodeStatus {
  const { receivedLsn: _, replayedLsn: __, replicationState: ___, ...rest } = wholeStatus();
  const replication = ['pg2', 'pg3'].map((applicationName) => ({
    ...{ applicationName, state: 'streaming', syncState: 'async' },
  }));
  return { ...rest, role: 'primary', location: 1000, replication, ...changes };
}

/** A member that gives no answer. */
export const SILENT: MemberReport = { ok: false, failure: 'connection refused' };

interface Changes {
  readonly view?: Partial<ClusterView>;
  readonly settings?: Parameters<typeof cluster>[1];
  /** What a member says, where it is not the usual; undefined: it gives no answer. */
  readonly says?: Readonly<Record<string, Partial<NodeStatus> | undefined>>;
  /** Nobody holds the lock. */
  readonly leaderless?: boolean;
}

/** A cluster that is well, seen from outside: pg1 leads, pg2 and pg3 follow. */
export function scene({ view, settings, says = {}, leaderless = false }: Changes = {}): Scene {
  const whole = cluster(view, settings);
  const { leader: _, ...free } = whole;
  const reports = new Map(
    whole.members.map(({ name, tags }): [string, MemberReport] => {
      if (name in says && says[name] === undefined) return [name, SILENT];
      const usual = name === 'pg1' ? leaderStatus({ name, tags }) : wholeStatus({ name, tags });
      return [name, { ok: true, status: { ...usual, ...says[name] } }];
    }),
  );
  const members = whole.members.map((member) => {
    const report = reports.get(member.name);
    return report?.ok ? asItSays(member, report.status) : member;
  });
  return {
    view: { ...(leaderless ? free : whole), members },
    reports,
    nowMs: Date.UTC(2026, 0, 1),
  };
}
