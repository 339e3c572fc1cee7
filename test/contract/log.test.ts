import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const CHATTER = ['--import', 'tsx', join(import.meta.dirname, 'log-chatter.ts')];

/** What the chatter said on stdout, and how it ended. */
async function endOf(child: ChildProcess): Promise<[string, number | null]> {
  const out: string[] = [];
  child.stdout?.on('data', (data: Buffer) => out.push(String(data)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return [out.join(''), code];
}

const ALIVE = [expect.stringMatching(/^queue 1000 lost [1-9]\d+\n$/), 7];

it('a socket that nobody reads stops nobody', async () => {
  const child = spawn(process.execPath, CHATTER, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { stderr } = child;
  child.once('exit', () => stderr.destroy());
  expect(await endOf(child)).toEqual(ALIVE);
});

it('a reader that has gone stops nobody', async () => {
  const child = spawn(process.execPath, CHATTER, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.destroy();
  expect(await endOf(child)).toEqual(ALIVE);
});

it('a pipe that nobody reads stops nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgherd-log-'));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const ends = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(fifo, constants.O_WRONLY);
  const child = spawn(process.execPath, CHATTER, { stdio: ['ignore', 'pipe', writer] });
  expect(await endOf(child)).toEqual(ALIVE);
  closeSync(writer);
  closeSync(ends);
  rmSync(folder, { recursive: true });
});
