import { expect, test } from 'vitest';
import { runPgherd } from '../harness/run.ts';

// As a handle that a library forgot to close.
const LINGERING = '--import=data:text/javascript,setInterval(()=>{},1000)';

test('nothing that is left over keeps the process after its last word', async () => {
  const env = { NODE_OPTIONS: LINGERING };
  const output = await runPgherd(['version'], { env, timeoutMs: 30_000 });
  expect(output.stdout).toMatch(/^pgherd version \S+\n$/);
  expect(output.code).toBe(0);
  expect(output.ms).toBeLessThan(20_000);
});
