import { isNoFailover } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import type { PeerAddress } from '../plan.ts';
import { viewOf } from '../situation.ts';

/**
 * Whom to ask before a race: every member that is known now or was when somebody led last, and
 * those of the failsafe list, but not this node. A member whose document has expired may live.
 */
export function electorate(facts: Facts): PeerAddress[] {
  const view = viewOf(facts);
  const members = [...(facts.memory.healthyView?.members ?? []), ...(view?.members ?? [])];
  const known = new Map<string, string>();
  if (facts.settings.failsafeMode) {
    for (const [name, apiUrl] of Object.entries(view?.failsafe ?? {})) known.set(name, apiUrl);
  }
  for (const { name, apiUrl } of members) if (apiUrl !== undefined) known.set(name, apiUrl);
  known.delete(facts.self.name);
  const present = new Set(view?.members.map(({ name }) => name));
  // Of a store that has forgotten, documents say nothing: then every member has its full time.
  const patient = facts.memory.syncDistrusted;
  return [...known].map(([name, apiUrl]) => ({
    ...{ name, apiUrl },
    ...(patient || present.has(name) ? {} : { gone: true }),
  }));
}

/** The tags that a member published last; a member that nobody knows has none. */
function tagsOf(facts: Facts, name: string): Readonly<Record<string, unknown>> {
  const members = [...(viewOf(facts)?.members ?? []), ...(facts.memory.healthyView?.members ?? [])];
  return members.find((member) => member.name === name)?.tags ?? {};
}

/** A member that may not lead, however far it has got: whoever waits for it waits in vain. */
export function isBarred(facts: Facts, name: string): boolean {
  return isNoFailover(tagsOf(facts, name)) || isOutsideFailsafe(facts, name);
}

/** Such a member was not asked by a leader that goes on without the DCS, so it does not race. */
export function isOutsideFailsafe(facts: Facts, name: string): boolean {
  const list = viewOf(facts)?.failsafe ?? {};
  return facts.settings.failsafeMode && Object.keys(list).length > 0 && !(name in list);
}
