import { expect } from 'vitest';
import type { Lab } from '../lab/lab.ts';
import type { Scene } from './faults.ts';

/** What may be lost of what was acknowledged. */
export type Loss = 'none' | 'bounded';

/** Stands in a log where something happened that must never happen. */
const IMPOSSIBLE = 'IMPOSSIBLE';

/** A row of the ledger and what comes with it take less than this of the WAL (with probes, 600). */
const ROW_BYTES = 1024;
/** `maximum_lag_on_failover`, and what is written between two renewals (2 s, 200 rows a second). */
const MOST_LOST_ROWS = 1_048_576 / ROW_BYTES + 2 * 200;

/**
 * Lets something befall a cluster whose clients write all the time, waits until it is whole again,
 * and judges: never two servers that accept writes, and nothing lost that was promised.
 */
export async function underLoad(
  lab: Lab,
  loss: Loss,
  befall: (scene: Scene) => Promise<void>,
): Promise<{ readonly before: string; readonly after: string }> {
  await lab.settled();
  const leader = await lab.leader();
  const standbys = await lab.standbys();
  const ledger = await lab.ledger();
  try {
    await befall({ lab, leader, standbys, ledger });
    await lab.settled();
    await ledger.progress();
  } catch (error) {
    ledger.abandon();
    throw new Error(`${String(error)}\n${await lab.report()}`);
  }
  const after = await lab.leader();
  const result = await lab.close(ledger);
  expect(result.twoWritable).toEqual([]);
  if (loss === 'none') expect(result.lost).toEqual([]);
  else expect(result.lost.length).toBeLessThanOrEqual(MOST_LOST_ROWS);
  for (const host of lab.hosts) expect(host.log()).not.toContain(IMPOSSIBLE);
  return { before: leader.name, after: after.name };
}
