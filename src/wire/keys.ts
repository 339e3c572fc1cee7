/** The documents of a cluster, under the names they have in path-shaped stores. */
export type DocumentName =
  | 'initialize'
  | 'config'
  | 'leader'
  | 'failover'
  | 'sync'
  | 'status'
  | 'history'
  | 'failsafe'
  | 'optime/leader'
  | `members/${string}`;

const FIXED_NAMES: ReadonlySet<string> = new Set([
  'initialize',
  'config',
  'leader',
  'failover',
  'sync',
  'status',
  'history',
  'failsafe',
  'optime/leader',
]);

/** `service` → `/service/`: one slash before, one behind, as Patroni builds its paths. */
export function namespacePrefix(namespace: string): string {
  const inner = namespace.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '/' : `/${inner}/`;
}

/** The prefix of all keys of a cluster or of one Citus group, with a slash at its end. */
export function clusterPrefix(namespace: string, scope: string, group?: number): string {
  const base = `${namespacePrefix(namespace)}${scope}/`;
  return group === undefined ? base : `${base}${group}/`;
}

/** What a key below a cluster's prefix stands for; undefined for a key that is not Patroni's. */
export function parseKey(rest: string): { group?: number; name: DocumentName } | undefined {
  const grouped = /^(\d{1,9})\/(.+)$/s.exec(rest);
  const name = grouped?.[2] ?? rest;
  if (!isDocumentName(name)) return undefined;
  return grouped ? { group: Number(grouped[1]), name } : { name };
}

function isDocumentName(name: string): name is DocumentName {
  return FIXED_NAMES.has(name) || /^members\/[^/]+$/s.test(name);
}
