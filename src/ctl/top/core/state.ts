import type { ClusterView } from '../../../model/cluster.ts';
import type { Tone } from '../../render/paint.ts';
import { changesBetween } from './changes.ts';
import type { Key } from './keys.ts';
import { type HeardOf, type Scene, type SceneMember, sceneOf } from './scene.ts';

/** What is known of the cluster at one moment. */
export interface Look {
  readonly view: ClusterView;
  /** When the store was read for that, in ms on the monotonic clock. */
  readonly readMs: number;
  /** Why the store has not answered since; undefined when it has, or may still do so. */
  readonly failure: string | undefined;
  readonly heard: HeardOf;
}

/** Something that has happened while the screen was there. */
export interface Event {
  readonly at: Date;
  readonly text: string;
  readonly tone: Tone;
}

/** Lags of one member over time, newest last; null where nobody knew. */
export type Lags = readonly (number | null)[];

/** All that the screen shows, and where the person is on it. */
export interface TopState {
  readonly look: Look;
  readonly scene: Scene;
  /** Replay lags in bytes by member, one for each interval. */
  readonly lags: ReadonlyMap<string, Lags>;
  /** Newest last. */
  readonly events: readonly Event[];
  /** Key of the member that is selected; undefined where there is none. */
  readonly selected: string | undefined;
  readonly help: boolean;
}

/** What moves the state on. `tick` comes once in each interval, and is what the plot counts. */
export type Step =
  | { readonly kind: 'look'; readonly look: Look; readonly at: Date }
  | { readonly kind: 'tick' }
  | { readonly kind: 'talk'; readonly text: string; readonly at: Date }
  | { readonly kind: 'key'; readonly key: Key };

/** How many values of a plot and how many events are kept: more than any screen shows. */
const KEPT = { lags: 600, events: 200 };

/** The state at the first look. */
export function begin(look: Look): TopState {
  const scene = sceneOf(look.view, look.heard);
  const selected = membersOf(scene)[0]?.key;
  return { look, scene, lags: new Map(), events: [], selected, help: false };
}

/** The state after a step. */
export function reduce(state: TopState, step: Step): TopState {
  switch (step.kind) {
    case 'look':
      return looked(state, step.look, step.at);
    case 'tick':
      return { ...state, lags: withLags(state) };
    case 'talk':
      return withEvents(state, [{ at: step.at, text: step.text, tone: 'behind' }]);
    case 'key':
      return afterKey(state, step.key);
  }
}

/** All members in the order of the screen. */
export function membersOf({ groups }: Scene): SceneMember[] {
  return groups.flatMap(({ members }) => members);
}

function looked(state: TopState, look: Look, at: Date): TopState {
  const scene = sceneOf(look.view, look.heard, state.scene);
  const events = [...storeChanges(state.look, look), ...changesBetween(state.scene, scene)];
  const members = membersOf(scene);
  const still = members.some(({ key }) => key === state.selected);
  const selected = still ? state.selected : members[0]?.key;
  const dated = events.map((event) => ({ ...event, at }));
  return withEvents({ ...state, look, scene, selected }, dated);
}

function storeChanges(before: Look, after: Look): Omit<Event, 'at'>[] {
  const known = new Set(before.view.warnings);
  const warnings = after.view.warnings.filter((warning) => !known.has(warning));
  const found = warnings.map((text): Omit<Event, 'at'> => ({ text, tone: 'behind' }));
  if (before.failure === undefined && after.failure !== undefined) {
    found.push({ text: after.failure, tone: 'bad' });
  }
  if (before.failure !== undefined && after.failure === undefined) {
    found.push({ text: 'the store answers again', tone: 'plain' });
  }
  return found;
}

function withEvents(state: TopState, events: readonly Event[]): TopState {
  if (events.length === 0) return state;
  return { ...state, events: [...state.events, ...events].slice(-KEPT.events) };
}

/** A member that has gone keeps its lags for when it comes back. */
function withLags({ lags, scene }: TopState): ReadonlyMap<string, Lags> {
  const now = new Map(membersOf(scene).map((member) => [member.key, member]));
  const longest = Math.max(0, ...[...lags.values()].map(({ length }) => length));
  const kept = new Map<string, Lags>();
  for (const key of new Set([...lags.keys(), ...now.keys()])) {
    // One that came later has been unknown until now.
    const before = lags.get(key) ?? Array.from({ length: longest }, () => null);
    const after = [...before, now.get(key)?.replayLag ?? null].slice(-KEPT.lags);
    if (now.has(key) || after.some((lag) => lag !== null)) kept.set(key, after);
  }
  return kept;
}

function afterKey(state: TopState, key: Key): TopState {
  if (key === 'help') return { ...state, help: !state.help };
  if (key === 'close') return { ...state, help: false };
  const keys = membersOf(state.scene).map((member) => member.key);
  const at = keys.indexOf(state.selected ?? '');
  const last = keys.length - 1;
  const moves: Partial<Record<Key, number>> = { up: at - 1, down: at + 1, first: 0, last };
  const to = moves[key];
  if (to === undefined) return state;
  return { ...state, selected: keys[Math.max(0, Math.min(last, to))] };
}
