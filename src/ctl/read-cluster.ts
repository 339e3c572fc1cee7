import { type ClusterView, isEmptyCluster } from '../model/cluster.ts';
import { Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';
import { parseSnapshot } from '../wire/snapshot.ts';
import { nearest } from './nearest.ts';
import type { Session } from './session.ts';

/** The cluster that was named, or the `scope` of the configuration. */
export function requireScope(session: Session, cluster: string | undefined): string {
  const scope = cluster ?? session.settings.scope;
  if (scope) return scope;
  const read = session.settings.sources.map(printable).join(', ') || 'none';
  throw new Refusal('no-cluster-name', 'No cluster was named and the configuration has no scope', {
    hint: `name one: pgherd list CLUSTER (configuration read: ${read})`,
    usage: true,
  });
}

/**
 * Reads a cluster, or one Citus group of it. A cluster of which the DCS knows nothing is a refusal
 * that suggests the nearest name; documents that make no sense become warnings.
 */
export async function readCluster(
  session: Session,
  scope: string,
  group: number | undefined,
): Promise<ClusterView> {
  const dcs = await session.dcs(scope, group);
  const view = parseSnapshot(scope, await dcs.read(session.signal), group);
  for (const warning of view.warnings) session.io.warn(warning);
  if (isEmptyCluster(view)) throw await unknownCluster(session, scope, group);
  return view;
}

/**
 * Refuses a Citus cluster as a whole where one group must be meant. Goes by what is in the DCS,
 * also where the configuration has no `citus` section.
 */
export function requireGroup(view: ClusterView, group: number | undefined): void {
  if (group !== undefined || view.group === undefined) return;
  const groups = [view.group, ...view.workers.keys()].join(', ');
  throw new Refusal('no-group', 'For Citus clusters the --group must be specified', {
    hint: `the groups of ${printable(view.scope)} are ${groups}`,
  });
}

async function unknownCluster(
  session: Session,
  scope: string,
  group: number | undefined,
): Promise<Refusal> {
  const namespace = printable(session.settings.namespace);
  const clusters = await (await session.store()).readAll(session.signal);
  const documents = clusters.get(scope);
  if (documents && group !== undefined) {
    const message = `There is no group ${group} of cluster "${printable(scope)}" in the DCS`;
    const groups = new Set(documents.flatMap((document) => document.group ?? []));
    const hint = `the groups of ${printable(scope)} are ${[...groups].join(', ')}`;
    const none = `${printable(scope)} has no groups: leave --group out`;
    return new Refusal('unknown-group', message, { hint: groups.size > 0 ? hint : none });
  }
  const message = `There is no cluster "${printable(scope)}" in the DCS below ${namespace}`;
  return new Refusal('unknown-cluster', message, {
    hint: clusterHint(scope, [...clusters.keys()]),
  });
}

function clusterHint(scope: string, names: readonly string[]): string {
  if (names.length === 0) {
    return 'there is no cluster at all: check the namespace and the DCS address';
  }
  const suggestion = nearest(scope, names);
  return suggestion
    ? `did you mean "${printable(suggestion)}"?`
    : 'pgherd discover shows the clusters that are there';
}
