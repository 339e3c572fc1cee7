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
  if (isEmptyCluster(view)) throw await unknownCluster(session, scope);
  return view;
}

async function unknownCluster(session: Session, scope: string): Promise<Refusal> {
  const namespace = session.settings.namespace;
  const store = await session.store();
  const names = [...(await store.readAll(session.signal)).keys()];
  const suggestion = nearest(scope, names);
  return new Refusal(
    'unknown-cluster',
    `There is no cluster "${printable(scope)}" in the DCS below ${printable(namespace)}`,
    {
      hint: suggestion
        ? `did you mean "${printable(suggestion)}"?`
        : names.length === 0
          ? 'there is no cluster at all: check the namespace and the DCS address'
          : 'pgherd discover shows the clusters that are there',
    },
  );
}
