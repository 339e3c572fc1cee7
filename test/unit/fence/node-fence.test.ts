import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentClock, Fence } from '../../../src/agent/ports.ts';
import { NodeFence } from '../../../src/fence/node-fence.ts';
import { agentClock } from '../../../src/system/agent-clock.ts';

let directory: string;
let device: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-node-fence-'));
  device = join(directory, 'watchdog');
  writeFileSync(device, '');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function fenceOf(mode: 'required' | 'off', watchdog: 'automatic' | 'off'): NodeFence {
  const clock: AgentClock = agentClock();
  return new NodeFence({
    mode,
    guard: {
      stateDirectory: join(directory, 'state'),
      dataDirectory: join(directory, 'data'),
      monotonic: clock.monotonic,
      onChange: () => {},
      say: () => {},
    },
    watchdog: {
      config: () => ({ mode: watchdog, device, safetyMargin: 5, ttl: 30, loopWait: 10 }),
      say: () => {},
      sysfs: directory,
    },
  });
}

it('does without a guard where that is configured, and feeds the watchdog all the same', async () => {
  const node = fenceOf('off', 'automatic');
  const fence: Fence = node;
  fence.start();
  await node.ready();
  expect(fence.sight()).toEqual({ guard: 'off', fenced: false, watchdog: 'usable' });
  fence.extend(1);
  fence.extend(2);
  fence.disarm();
  await node.close();
  expect(readFileSync(device, 'utf8')).toBe('11V');
  expect(readdirSync(directory)).toEqual(['watchdog']);
});

it('says that there is no guard before one was started, whatever it was told', () => {
  const fence = fenceOf('required', 'off');
  fence.extend(1);
  fence.disarm();
  expect(fence.sight()).toEqual({ guard: 'dead', fenced: false, watchdog: 'off' });
  expect(readFileSync(device, 'utf8')).toBe('');
});
