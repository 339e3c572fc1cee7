import { Jobs } from '../../../src/agent/jobs.ts';
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
        memory: ticks.memory,
        settings: observer.settings,
      }),
    ended: () => {},
  });
  const ticks = new Ticks({ ports, brain, observer, jobs, desk });
  return { ticks, jobs, desk, observer };
}
