import { isRecord } from '../../model/json.ts';
import { WATCHED } from '../agent-dcs.ts';
import { leavesOf } from './api.ts';

/** A change that a watch of the v2 API tells of. */
export interface Event {
  readonly index: number;
  /** The lock, a request, a setting or the set of members may be another one now. */
  readonly isNews: boolean;
}

const NAMES: ReadonlySet<string> = WATCHED;

/**
 * Reads an event below `prefix`. A leader key that was only written over, by the one who has it, is
 * no news: that is how Patroni renews its lock.
 */
export function readEvent(event: Readonly<Record<string, unknown>>, prefix: string): Event {
  const { node, prevNode } = event;
  const key = isRecord(node) ? String(node.key) : '';
  const index = isRecord(node) ? Number(node.modifiedIndex) : 0;
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
  const [now] = leavesOf(node);
  const [before] = leavesOf(prevNode);
  const renewed =
    name === 'leader' &&
    now !== undefined &&
    now.created === before?.created &&
    now.value === before.value;
  // What removes the whole cluster removes these as well.
  const removedAll = key !== '' && prefix.startsWith(`${key}/`);
  // A new member waits for its slot on the leader.
  const comesOrGoes = name.startsWith('members/') && (now === undefined || before === undefined);
  return { index, isNews: (NAMES.has(name) && !renewed) || comesOrGoes || removedAll };
}
