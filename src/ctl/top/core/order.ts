import type { Key } from './keys.ts';
import type { Scene, SceneGroup, SceneMember } from './scene.ts';
import { membersOf, type TopState } from './state.ts';

/** What a person wants done; `group` is the Citus group that the selected member is in. */
export type Order =
  | { readonly action: 'switchover'; readonly group: number | undefined }
  | { readonly action: 'restart'; readonly group: number | undefined; readonly member: string }
  | {
      readonly action: 'pause';
      readonly group: number | undefined;
      /** What it is to become. */
      readonly paused: boolean;
    };

/** The order that a key gives in this state; undefined when it gives none. */
export function orderOf(state: TopState, key: Key): Order | undefined {
  const { group, paused } = selectedGroup(state) ?? { group: undefined, paused: false };
  if (key === 'switchover') return { action: 'switchover', group };
  if (key === 'pause') return { action: 'pause', group, paused: !paused };
  if (key !== 'restart') return undefined;
  const member = selectedMember(state);
  return member && { action: 'restart', group, member: member.name };
}

/** The member that is selected. */
export function selectedMember({ scene, selected }: TopState): SceneMember | undefined {
  return membersOf(scene).find(({ key }) => key === selected);
}

/** The group of the member that is selected; the first one where there is no member. */
export function selectedGroup(state: {
  readonly scene: Scene;
  readonly selected: string | undefined;
}): SceneGroup | undefined {
  const { groups } = state.scene;
  const own = groups.find(({ members }) => members.some(({ key }) => key === state.selected));
  return own ?? groups[0];
}
