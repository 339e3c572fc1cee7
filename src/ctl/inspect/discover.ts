import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import { parseSnapshot } from '../../wire/snapshot.ts';
import { type Format, renderRows } from '../render/rows.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';

/** Prints every cluster below the namespace, from one range read. */
export async function discover(session: Session, options: { format: Format }): Promise<Result> {
  const store = await session.store();
  const found = await store.readAll(session.signal);
  const clusters = [...found]
    .map(([scope, documents]) => summary(parseSnapshot(scope, documents, undefined)))
    .sort((one, other) => (one.cluster < other.cluster ? -1 : 1));
  const columns = ['Cluster', 'Leader', 'Members', 'Running', 'TL', 'State'];
  const rows = clusters.map((cluster) => [
    cluster.cluster,
    cluster.leader ?? '',
    cluster.members,
    cluster.running,
    cluster.timeline ?? '',
    cluster.state,
  ]);
  const alignment = { Members: 'r', Running: 'r', TL: 'r' } as const;
  session.io.out(renderRows({ columns, rows, format: options.format, alignment }));
  return done({ namespace: session.settings.namespace, clusters });
}

function summary(view: ClusterView) {
  const views = [view, ...view.workers.values()];
  const members = views.flatMap((one) => one.members);
  return {
    cluster: view.scope,
    systemIdentifier: view.initialize || null,
    leader: view.leader ?? null,
    members: members.length,
    running: members.filter(({ state }) => state === 'running' || state === 'streaming').length,
    timeline: leaderMember(view)?.timeline ?? null,
    groups: view.workers.size === 0 ? null : views.length,
    state: stateOf(view),
  };
}

function stateOf(view: ClusterView): string {
  if (view.initialize === undefined) return 'uninitialized';
  if (view.initialize === '') return 'initializing';
  if (view.leader === undefined) return 'no leader';
  if (view.config?.settings.pause) return 'paused';
  return view.config?.settings.standbyCluster ? 'standby cluster' : 'ok';
}
