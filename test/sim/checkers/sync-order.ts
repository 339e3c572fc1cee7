import type { Sync } from '../../../src/model/cluster.ts';
import type { SyncNames } from '../../../src/model/postgres.ts';
import type { Checker, Sight } from './checker.ts';

/**
 * Whoever `/sync` lets take over has every commit that was acknowledged. The standbys and the
 * quorum in it say who may: `quorum` of the other standbys must be heard. The names in effect say
 * what a commit waits for. Both overlap in at least one server as long as
 * `quorum + numsync ≥ |voters ∪ names|` (Patroni's quorum.py). In mode `on` the quorum is 0, and
 * all names must be waited for. Where `/sync` lists nobody, nobody else may take over.
 *
 * What a restored store brings back was written by nobody: it binds once a leader has written it.
 * Until then members distrust the store, and `durability` says whether that was enough.
 */
export function syncOrder(sight: Sight): Checker {
  let restored = false;
  let fine: { readonly sync: Sync; readonly names: SyncNames } | undefined;
  return {
    name: 'sync-order',
    written({ name, by }) {
      if (name === 'sync') restored = by === 'store';
      return undefined;
    },
    afterEvent() {
      const sync = sight.sync();
      if (restored || !sync || sync.standbys.length === 0) return undefined;
      const primary = sight.hosts.find(
        (host) => host.name.toLowerCase() === sync.leader.toLowerCase() && host.acceptsWrites(),
      );
      if (!primary) return undefined;
      const names = primary.syncNames();
      // Most events change neither.
      if (fine?.sync === sync && fine.names === names) return undefined;
      const { count, list } = waitedFor(names);
      const union = new Set([...sync.standbys, ...list].map((name) => name.toLowerCase()));
      if (sync.quorum < 0) return `a quorum of ${sync.quorum}`;
      if (sync.quorum + count >= union.size) {
        fine = { sync, names };
        return undefined;
      }
      return (
        `${primary.name} waits for ${namesText(names)}, and /sync allows ` +
        `${sync.standbys.join(', ')} with a quorum of ${sync.quorum}`
      );
    },
  };
}

function waitedFor(names: SyncNames): { count: number; list: readonly string[] } {
  switch (names.kind) {
    case 'first':
    case 'any':
      return { count: names.count, list: names.names };
    case 'off':
    case 'text':
      return { count: 0, list: [] };
  }
}

function namesText(names: SyncNames): string {
  switch (names.kind) {
    case 'first':
    case 'any':
      return `${names.kind} ${names.count} (${names.names.join(', ')})`;
    case 'off':
      return 'nobody';
    case 'text':
      return names.text;
  }
}
