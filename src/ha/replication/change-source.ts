import type { PostgresView, Source } from '../../model/postgres.ts';
import { sourceAddress } from '../../model/source-address.ts';
import { isNoStream } from '../../model/tags.ts';
import type { Facts } from '../facts.ts';
import type { Action } from '../plan.ts';
import { followTarget } from './target.ts';

/** PostgreSQL 12 reads another source only when it starts. */
const FOLLOWS_BY_RELOAD = 130_000;

/**
 * The deed that points a standby, which runs or starts, to the source that it should have;
 * undefined when it has that one. A source that does not say where it is is no reason to leave the
 * one of before.
 */
export function changeOfSource(facts: Facts): Action | undefined {
  const source = followTarget(facts);
  if (source && sourceAddress(source)) return changeTo(facts, source);
  // Only an archive: of another cluster, or for `nostream`.
  const alone = source ? source.name === '' : isNoStream(facts.self.tags);
  const { follows, followsAddress, followsSlot } = facts.postgres;
  const isAlone = follows === '' && followsAddress === undefined && followsSlot === '';
  return alone && !isAlone ? follow(facts, undefined) : undefined;
}

/** The deed that points a standby to this source; undefined when it has it, or it is nowhere. */
export function changeTo(facts: Facts, source: Source): Action | undefined {
  const address = sourceAddress(source);
  if (!address || isFollowed(facts.postgres, { ...source, ...address })) return undefined;
  return follow(facts, source);
}

/** By its address, too: a member may come back elsewhere under its old name. */
function isFollowed(
  { follows, followsAddress, followsSlot }: PostgresView,
  source: Source & { readonly host: string; readonly port: number },
): boolean {
  const { name, slot = '', host, port } = source;
  const sameAddress = followsAddress?.host === host && followsAddress.port === port;
  return follows === name && followsSlot === slot && sameAddress;
}

function follow({ postgres }: Facts, source: Source | undefined): Action {
  const { serverVersion } = postgres;
  return serverVersion > 0 && serverVersion < FOLLOWS_BY_RELOAD
    ? { kind: 'job', job: { kind: 'restart', from: source } }
    : { kind: 'follow', source };
}
