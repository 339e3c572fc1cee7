import { describe, expect, it } from 'vitest';
import type { PostgresView } from '../../../../src/model/postgres.ts';
import { type Actor, CASES, type Stage } from '../../../contract/postgres-cases.ts';
import { type Place, Rig, source } from './rig.ts';

/** Simulated milliseconds. */
const PATIENCE = 120_000;
const PAUSE = 50;

function stageOn(rig: Rig): Stage {
  let commits = 0;
  const actorAt = (place: Place): Actor => ({
    name: place.name,
    server: place.server,
    source: (slot) => source(place, slot),
    write: async () => {
      commits += 1;
      expect(place.server.instance.commit(commits)).toBe('flushed');
    },
    crash: async () => place.server.kill(),
  });
  return {
    a: actorAt(rig.a),
    b: actorAt(rig.b),
    result: (promise) => rig.result(promise),
    run: (actor, spec, signal = new AbortController().signal) =>
      rig.result(actor.server.run(spec, signal)),
    async until(actor, what, is) {
      for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
        const view: PostgresView = await rig.result(actor.server.observe());
        if (is(view)) return view;
        await rig.pass(PAUSE);
      }
      throw new Error(`waited in vain for ${what}`);
    },
  };
}

describe.each(CASES)('$name', ({ play }) => {
  it.each([1, 2, 3])('in the simulated world %d', async (seed) => {
    await play(stageOn(new Rig({ seed })));
  });
});
