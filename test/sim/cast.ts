import type { ClusterView } from '../../src/model/cluster.ts';
import type { Deed } from './deeds.ts';

/** Who may play the parts that a drawn deed names. */
export interface Cast {
  readonly view: ClusterView;
  readonly hosts: readonly { readonly name: string; acceptsWrites(): boolean }[];
  /** Spreads the parts of standbys: any number. */
  readonly turn: number;
}

/**
 * Puts names in the places of parts: `@leader` is the host that holds the lock, or else the one that
 * accepts writes, or else the first; `@standby` is one of the others, in turn.
 */
export function castDeed(deed: Deed, cast: Cast): Deed {
  const entries = Object.entries(deed).map(([key, value]) => [key, nameOf(value, cast)]);
  // The kinds of all fields stay: a name takes the place of a name.
  return Object.fromEntries(entries) as Deed;
}

function nameOf(value: unknown, cast: Cast): unknown {
  if (value === '@leader') return leaderOf(cast);
  return value === '@standby' ? standbyOf(cast) : value;
}

function leaderOf({ view, hosts }: Cast): string {
  const names = hosts.map(({ name }) => name);
  if (view.leader !== undefined && names.includes(view.leader)) return view.leader;
  return hosts.find((host) => host.acceptsWrites())?.name ?? names[0] ?? '';
}

function standbyOf(cast: Cast): string {
  const leader = leaderOf(cast);
  const others = cast.hosts.map(({ name }) => name).filter((name) => name !== leader);
  return others[cast.turn % others.length] ?? leader;
}
