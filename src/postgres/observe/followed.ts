import type { PostgresView } from '../../model/postgres.ts';
import { conninfoAddress } from '../conf/conninfo.ts';
import type { Upstream } from '../conf/recovery-settings.ts';
import { followedMember } from '../conf/standing.ts';

/** Whom a standby follows. */
export type FollowedView = Pick<PostgresView, 'follows' | 'followsAddress' | 'followsSlot'>;

/** Of a server that streams from nowhere. */
export const ALONE: FollowedView = { follows: '', followsAddress: undefined, followsSlot: '' };

/**
 * By what is in effect in a server that answers. `upstream`: what the files say, which know the
 * names of members.
 */
export function followedInEffect(
  { conninfo, followsSlot }: { readonly conninfo: string; readonly followsSlot: string },
  upstream: Upstream | undefined,
): FollowedView {
  if (conninfo === '') return { ...ALONE, followsSlot };
  const follows = followedMember(conninfo, upstream);
  return { follows, followsAddress: conninfoAddress(conninfo), followsSlot };
}

/** Of a standby that starts, which goes by its files. */
export function followedByFiles(upstream: Upstream | undefined): FollowedView {
  if (upstream === undefined) return ALONE;
  return {
    follows: upstream.name,
    followsAddress: conninfoAddress(upstream.conninfo),
    followsSlot: upstream.slot ?? '',
  };
}
