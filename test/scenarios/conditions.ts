import type { World } from '../sim/world.ts';

type Condition = (world: World) => boolean;

/**
 * Reads what `run until` waits for: `leader=pg2|pg3` (who holds the lock), `primary=pg2` (it holds
 * the lock and accepts writes), `any` for any name; `ready`: there is a primary with the lock, all
 * others stream on its timeline, and their documents say so.
 */
export function parseCondition(text: string): Condition {
  const [what = '', names = 'any'] = text.split('=');
  const isWanted = (name: string | undefined): boolean =>
    name !== undefined && (names === 'any' || names.split('|').includes(name));
  switch (what) {
    case 'leader':
      return (world) => isWanted(world.view().leader);
    case 'primary':
      return (world) => isWanted(world.view().leader) && primaryOf(world) !== undefined;
    case 'ready':
      return isReady;
    default:
      throw new Error(`no such condition: ${text}`);
  }
}

/** Who holds the lock and accepts writes. */
function primaryOf(world: World) {
  const { leader } = world.view();
  return world.truths.find((host) => host.name === leader && host.acceptsWrites());
}

function isReady(world: World): boolean {
  const primary = primaryOf(world);
  if (!primary) return false;
  const { timeline } = primary.position();
  const { members } = world.view();
  return world.truths.every((host) => {
    const { running, streaming, timeline: own } = host.position();
    const member = members.find(({ name }) => name === host.name);
    if (!running || own !== timeline || member?.timeline !== timeline) return false;
    return host === primary || (streaming && member?.replicationState === 'streaming');
  });
}
