import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import type { Member } from '../../model/member.ts';
import type { Source } from '../../model/postgres.ts';
import { isCloneSource, isNoStream, replicateFrom } from '../../model/tags.ts';
import type { Facts } from '../facts.ts';
import { viewOf } from '../situation.ts';
import { slotNameOf } from '../slots/names.ts';

/**
 * Whom this node should stream from: the leader, or the member named by `replicatefrom` while that
 * one is there; the remote primary when this node leads a standby cluster; nobody with `nostream`.
 */
export function followTarget(facts: Facts): Source | undefined {
  const { self, settings } = facts;
  const view = viewOf(facts);
  if (!view || isNoStream(self.tags)) return undefined;
  const leads = facts.dcs?.ownsLock === true;
  if (settings.standbyCluster && (leads || (view.leader === undefined && !settings.pause))) {
    return remoteSource(facts);
  }
  const wished = replicateFrom(self.tags);
  const cascade = wished === self.name ? undefined : memberNamed(view, wished);
  const member = cascade ?? leaderMember(view);
  return member && member.name !== self.name ? sourceOf(facts, member) : undefined;
}

/** The primary of the other cluster that a standby cluster follows. */
export function remoteSource({ settings }: Facts): Source | undefined {
  const remote = settings.remotePrimary;
  if (!remote) return undefined;
  const host = remote.host ?? '';
  const connUrl = `postgres://${host}:${remote.port ?? 5432}/postgres`;
  return {
    name: '',
    connUrl,
    ...(remote.primarySlotName === undefined ? {} : { slot: remote.primarySlotName }),
  };
}

/**
 * Whom to copy: a running member with the tag `clonefrom` before the leader, as in Patroni
 * (get_clone_member). Undefined when there is nobody that runs.
 */
export function cloneSource(facts: Facts, options: { fromLeader: boolean }): Source | undefined {
  const view = viewOf(facts);
  if (!view || view.leader === undefined) return undefined;
  const others = view.members.filter(({ name }) => name !== facts.self.name);
  const preferred = options.fromLeader
    ? undefined
    : others.find(
        (member) =>
          member.name !== view.leader && member.state === 'running' && isCloneSource(member.tags),
      );
  const leader = others.find(({ name, state }) => name === view.leader && state === 'running');
  const member = preferred ?? leader;
  return member && sourceOf(facts, member);
}

/** A member as a source; a member that has not said how to reach it is none. */
export function sourceOf({ self, settings }: Facts, member: Member): Source | undefined {
  if (member.connUrl === undefined) return undefined;
  const slot = settings.useSlots ? { slot: slotNameOf(self.name) } : {};
  return { name: member.name, connUrl: member.connUrl, ...slot };
}

function memberNamed(view: ClusterView, name: string | undefined): Member | undefined {
  return name === undefined ? undefined : view.members.find((member) => member.name === name);
}
