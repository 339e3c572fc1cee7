import { describe, expect, it } from 'vitest';
import { endFaults, setClocks } from '../../sim/recovery.ts';
import { World } from '../../sim/world.ts';

// When the faults are over, they are: nothing waits for the quiet phase.

describe('what is done when the faults are over', () => {
  it('leaves no failure for a later operation', async () => {
    const world = new World({ seed: 1, nodes: 1 });
    await world.run(20_000);
    world.apply({ kind: 'fail-next', host: 'pg1', what: 'start', times: 9 });
    endFaults(world);
    world.apply({ kind: 'kill-postgres', host: 'pg1' });
    await world.run(30_000);
    expect(world.hosts.get('pg1')?.postgres.acceptsWrites()).toBe(true);
  });

  it('lets no restart wait that was ordered while the clock of its host was fast', async () => {
    const world = new World({ seed: 1, nodes: 1 });
    await world.run(20_000);
    world.apply({ kind: 'step-clock', host: 'pg1', ms: 2_000 });
    world.apply({ kind: 'restart', host: 'pg1', inMs: 10_000 });
    setClocks(world);
    await world.run(11_000);
    expect(world.truths[0]?.operations().restart).toBe(1);
  });
});
