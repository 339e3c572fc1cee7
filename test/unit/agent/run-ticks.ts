import { Jobs } from '../../../src/agent/jobs.ts';
import { Mind } from '../../../src/agent/mind.ts';
import { Observer } from '../../../src/agent/observe.ts';
import { OrderDesk } from '../../../src/agent/orders.ts';
import { forbids } from '../../../src/agent/perform.ts';
import { type Brain, Ticks } from '../../../src/agent/ticks.ts';
import type { FakeWorld } from './fakes.ts';

/** The parts of an agent around its ticks, without the loop: the test says when it ticks. */
export function ticksIn(world: FakeWorld, brain: Brain) {
  const { ports } = world;
  const observer = new Observer(ports);
  const desk = new OrderDesk();
  const jobs: Jobs = new Jobs({
    server: ports.server,
    clock: ports.clock,
    forbids: (spec) =>
      forbids(spec, {
        now: ports.clock.monotonic(),
        memory: mind.memory,
        settings: observer.settings,
      }),
    ended: () => {},
  });
  const mind = new Mind({ ports, observer, desk });
  const ticks = new Ticks({ ports, brain, mind, observer, jobs, desk });
  return { ticks, mind, jobs, desk, observer };
}
