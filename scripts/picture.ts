/** Writes docs/demo.svg from a run of `pgherd demo --script`: `npm run picture`, after a build. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TimedLine, terminalSvg } from './docs/terminal-svg.ts';

const ROOT = join(import.meta.dirname, '..');
const COMMAND = ['demo', '--script'];

const started = performance.now();
const lines: TimedLine[] = [{ at: 0, text: `$ pgherd ${COMMAND.join(' ')}` }];
// Both streams in one, in their order, as at a terminal.
const child = spawn(
  'sh',
  ['-c', 'exec "$@" 2>&1', 'sh', process.execPath, 'bin/run.js', ...COMMAND],
  {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
createInterface({ input: child.stdout }).on('line', (text) => {
  console.log(text);
  lines.push({ at: (performance.now() - started) / 1000, text });
});
const code = await new Promise((resolve) => child.once('close', resolve));
if (code !== 0) throw new Error(`the demo ended with exit code ${code}: no picture`);
const title = 'pgherd demo: three nodes, a switchover, kill -9 of the leader, and nothing lost';
writeFileSync(join(ROOT, 'docs/demo.svg'), terminalSvg(lines, title));
