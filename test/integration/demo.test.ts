import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../harness/processes.ts';
import { onTerminal } from '../harness/pty.ts';
import { expectEnvelope, expectFailure, pgherd, startPgherd } from '../harness/run-cli.ts';
import { sharedMemoryOf } from '../harness/shared-memory.ts';

// The demo as a newcomer runs it, on this machine's PostgreSQL; as root where the tests are.

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'pgherd-demo-test-'));
  // The servers' user has to get there.
  chmodSync(place, 0o755);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Command lines of all programs that name something below a directory. */
function programsOf(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It has ended meanwhile.
        return '';
      }
    })
    .filter((line) => line.includes(directory) && !line.includes(' demo '));
}

/** Numbers of the System V shared memory that the servers below a directory have. */
function sharedMemoryBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => sharedMemoryOf(join(directory, name)) ?? []);
}

function existingSharedMemory(): string[] {
  const [, ...lines] = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/)[1] ?? '');
}

async function nothingIsLeft(directory: string): Promise<void> {
  await waitFor('the end of all programs', async () => programsOf(directory).length === 0, 20_000);
  await waitFor('the directory to go', async () => !existsSync(directory), 5000);
}

test('--script tells the whole story, loses nothing and leaves nothing', async () => {
  const directory = join(place, 'story');
  const output = await pgherd(['demo', '--script', '--dir', directory]);
  expect(output.code, output.stderr).toBe(0);
  expect(output.stderr).toContain('never for production');
  const { stdout } = output;
  expect(stdout).toMatch(/\$ pgherd switchover --force\n.*Successfully switched over.*kill -9/s);
  // The one that was killed is a standby again, on the third timeline.
  expect(stdout.split('is started again').at(-1)).toMatch(
    /(\| (running|streaming) +\| +3 [^\n]*\n[^\n]*){3}/,
  );
  expect(stdout).toMatch(/^switchover: \d+ ms without a write\nfailover: \d+ ms without a write$/m);
  expect(stdout).toMatch(/^acknowledged [1-9]\d+, lost 0\b/m);
  expect(output.ms).toBeLessThan(60_000);
  await nothingIsLeft(directory);
});

test('without a terminal and with --json it is the script, and one document', async () => {
  const output = await pgherd(['demo', '--json', '--nodes', '2']);
  const { outcome, data } = expectEnvelope(output, 'demo');
  expect(outcome).toBe('done');
  expect(data).toMatchObject({ lost: 0, outages: [{ deed: 'switchover' }, { deed: 'failover' }] });
});

test.each([
  ['before anything runs', /never for production/],
  ['while the first server is made', /# A store on/],
  ['while clients write', /A client writes/],
  ['while the leader is dead', /# kill -9/],
])('SIGINT %s ends it with 130 and leaves nothing', async (name, moment) => {
  const directory = join(place, `int-${name.replaceAll(' ', '-')}`);
  const cli = startPgherd(['demo', '--script', '--dir', directory]);
  await cli.shows(moment);
  const shared = sharedMemoryBelow(directory);
  cli.child.kill('SIGINT');
  const output = await cli.ended;
  expectFailure(output, { code: 130, sentence: /stopped/ });
  await nothingIsLeft(directory);
  if (moment.source.includes('kill -9')) expect(shared).not.toEqual([]);
  expect(existingSharedMemory().filter((id) => shared.includes(id))).toEqual([]);
});

test.each(['SIGKILL', 'SIGHUP'] as const)('%s leaves nothing, too', async (signal) => {
  const directory = join(place, signal);
  const cli = startPgherd(['demo', '--script', '--dir', directory]);
  await cli.shows(/A client writes/);
  expect(programsOf(directory).length).toBeGreaterThan(6);
  cli.child.kill(signal);
  await cli.ended;
  await nothingIsLeft(directory);
});

test('--play on a terminal shows what happens until Ctrl-C', async () => {
  const directory = join(place, 'play');
  const terminal = onTerminal(['demo', '--nodes', '1', '--dir', directory]);
  await terminal.shows(/pgherd switchover/);
  await terminal.shows(/pg1 leads \(running\)\s+[1-9]\d* writes\/s, longest outage/);
  terminal.type('\x03');
  const end = await terminal.ended;
  expect(end).toMatchObject({ code: 130, restored: true, cursorVisible: true });
  await nothingIsLeft(directory);
});

test('--keep leaves the directory with its logs, and no program', async () => {
  const directory = join(place, 'kept');
  const cli = startPgherd(['demo', '--play', '--nodes', '1', '--keep', '--dir', directory]);
  await cli.shows(/pg1 leads \(running\)/);
  cli.child.kill('SIGTERM');
  expectFailure(await cli.ended, { code: 143, sentence: /their directory stays/ });
  await waitFor('the end of all programs', async () => programsOf(directory).length === 0);
  expect(readFileSync(join(directory, 'pg1.log'), 'utf8')).toContain('the leader with the lock');
});

test.each([
  ['a directory that is there', ['--dir', '/tmp'], 1, /is there already/],
  ['no PostgreSQL', ['--bin-dir', '/nonexistent'], 1, /There is no postgres, no initdb/],
  ['too few nodes', ['--script', '--nodes', '1'], 2, /--nodes wants a number from 2 to 7/],
  ['too many nodes', ['--play', '--nodes', '8'], 2, /--nodes wants a number from 1 to 7/],
  ['two ways at once', ['--script', '--play'], 2, /play/],
  ['a document of what never ends', ['--play', '--json'], 2, /one document/],
])('%s is refused', async (_, args, code, sentence) => {
  const output = await pgherd(['demo', ...args]);
  if (args.includes('--json')) expect(output.stdout).toMatch(sentence);
  else expectFailure(output, { code, sentence });
  expect(output.code).toBe(code);
});
