import { InvariantError } from '../../model/errors.ts';
import type { Facts } from '../facts.ts';
import type { Action, SyncDocument } from '../plan.ts';
import { syncMode } from './membership.ts';
import { ownSyncNames, syncNamesFor } from './sync-names.ts';
import { alone, inherited, writeSync } from './sync-write.ts';

/**
 * What a member that has just won the lock does before it promotes, in this order; if the first
 * fails, it must not promote. In mode `on` nobody else is synchronous until standbys have connected
 * to the new primary. In quorum mode commits go on to wait for the voters there were.
 *
 * Patroni writes the quorum's new leader into `/sync` only after the promotion. Until then the
 * former leader may come back without a vote, and it does not have what the new primary has
 * committed meanwhile: so here it is written before.
 * @throws InvariantError when the DCS was not seen: then nobody has won the lock.
 */
export function prepareSync(facts: Facts): readonly Action[] {
  const { dcs, settings, self, memory } = facts;
  if (!dcs) throw new InvariantError('a promotion is prepared without a view of the DCS');
  const { sync } = dcs.view;
  const mode = syncMode(settings);
  if (mode === 'off') {
    const names = ownSyncNames(self.ownSyncNames);
    const remove = sync ? [writeSync(dcs.view, undefined)] : [];
    return [...remove, { kind: 'set-sync-names', names }];
  }
  // Voters of a store that went back are those of then: nobody but this member is sure to have all.
  const believed = memory.syncDistrusted ? undefined : sync;
  const kept = mode === 'quorum' && believed ? inherited(believed, self.name) : undefined;
  const next: SyncDocument = kept ?? alone(self.name);
  const demand = { names: next.standbys, count: next.standbys.length - next.quorum };
  const names = syncNamesFor(mode, demand, settings.synchronousModeStrict);
  return [writeSync(dcs.view, next), { kind: 'set-sync-names', names }];
}
