import { CLOSING_DEEDS } from '../sim/plan.ts';
import { recoveryBound } from '../sim/recovery.ts';
import type { Violation } from '../sim/watchers.ts';
import type { World } from '../sim/world.ts';
import { play } from './stage.ts';
import { parseTranscript } from './transcript.ts';

const MINUTE = 60_000;
/** No deed of a transcript lasts longer. */
const LONGEST = 10 * MINUTE;

/**
 * Plays a transcript for the checkers alone: whatever it prints, what do they find, in it and in
 * the time after it, in which the cluster must heal and come to rest?
 */
export async function judge(text: string): Promise<readonly Violation[]> {
  const { world } = await play(parseTranscript(text));
  if (world.violations.length > 0) return world.violations;
  await heal(world);
  return world.violations;
}

async function heal(world: World): Promise<void> {
  await world.run(LONGEST);
  for (const deed of CLOSING_DEEDS) world.apply(deed);
  await world.run(recoveryBound(world.view()));
  world.expectRecovery();
  await world.run(2 * MINUTE);
  world.expectPeace();
}
