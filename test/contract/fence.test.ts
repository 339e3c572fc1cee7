import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardPaths, killGuard } from '../../src/fence/guard-process.ts';
import { sendSignal, waitFor } from '../harness/processes.ts';
import {
  buildAgent,
  isAlive,
  makeDirectory,
  monotonic,
  Node,
  StandIn,
  stateOf,
  Writer,
} from './fence-rig.ts';

// The promise of docs/adr/0008-the-guard.md on real processes: whatever becomes of the agent, no
// commit is acknowledged after the lease has ended, and not a moment before the deadline is
// PostgreSQL stopped.

/** How far ahead of now the stand-in's deadlines are, in milliseconds. */
const AHEAD = 1500;
/** Between the deadline and the end of the lease there are at least so many: `fenceDeadline`. */
const MARGIN = 2500;

const directory = makeDirectory();
// A name that a shell could trip over.
const node = new Node(directory, `o'neil "the" $HOME *`);
let bundle = '';
let agent: StandIn;
let writer: Writer;

beforeAll(async () => {
  bundle = await buildAgent(directory);
  node.make();
  await node.choosePort();
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  await node.startPostgres();
  agent = standIn();
  expect(await agent.start()).toBe('alive free');
});

afterEach(async () => {
  await agent.kill();
  killGuard(guardPaths(node.state, node.data));
  for (const pid of node.servers()) sendSignal(pid, 'SIGKILL');
  await waitFor('the end of PostgreSQL', async () => node.servers().length === 0);
});

function standIn(...nodeOptions: string[]): StandIn {
  return new StandIn([process.execPath, ...nodeOptions, bundle, node.state, node.data]);
}

async function write(): Promise<Writer> {
  writer = new Writer(await node.connect());
  await waitFor('a commit', async () => writer.acknowledged > 0);
  return writer;
}

/** Waits for the fence, and judges it by what the writer saw. */
async function expectFenced(): Promise<void> {
  await writer.ended;
  const { deadline } = agent;
  expect(deadline).toBeGreaterThan(0);
  expect(writer.cutAt).toBeGreaterThanOrEqual(deadline);
  expect(writer.lastSent).toBeLessThan(deadline + MARGIN);
  await expectNothingRuns();
}

async function expectNothingRuns(): Promise<void> {
  await waitFor('the end of PostgreSQL', async () => node.servers().length === 0);
}

describe('a primary is stopped at the deadline, not before, when its agent', () => {
  it('is killed', async () => {
    await agent.feed(AHEAD);
    await write();
    await agent.kill();
    await expectFenced();
    expect(node.guardLog()).toMatch(/the deadline passed \d+ ms ago, and no PostgreSQL runs/);
  });

  it('is frozen, and it knows when it is thawed', async () => {
    await agent.feed(AHEAD);
    await write();
    sendSignal(agent.process.pid, 'SIGSTOP');
    await expectFenced();
    agent.tell('starve');
    sendSignal(agent.process.pid, 'SIGCONT');
    await waitFor('the news', async () => agent.sight !== '');
  });

  it('blocks its event loop', async () => {
    await agent.feed(AHEAD);
    await write();
    agent.tell('block');
    await expectFenced();
  });

  it('runs out of memory', async () => {
    await agent.kill();
    agent = standIn('--max-old-space-size=30');
    await agent.start();
    await agent.feed(AHEAD);
    await write();
    agent.tell('eat');
    await expectFenced();
    await waitFor('its death', async () => agent.process.signalCode !== null);
  });

  it('lives, and has nothing to extend', async () => {
    agent.tell(`extend ${AHEAD}`);
    await write();
    await waitFor('the news', async () => agent.sight === 'alive fenced');
    await expectFenced();
  });
});

describe('a primary goes on', () => {
  it('under an agent that came back within the deadline', async () => {
    await agent.feed(AHEAD);
    await write();
    const guard = node.guardPid();
    await agent.kill();
    const before = agent.deadline;
    agent = standIn();
    expect(await agent.start()).toBe('alive free');
    await agent.feed(AHEAD);
    const acknowledged = writer.acknowledged;
    await waitFor('the old deadline', async () => monotonic() > before + 500);
    expect(writer.cutAt).toBeUndefined();
    expect(writer.acknowledged).toBeGreaterThan(acknowledged);
    expect(node.guardPid()).toBe(guard);
  });

  it('when it was disarmed, without guard or with it', async () => {
    await agent.feed(AHEAD);
    await write();
    const guard = node.guardPid() ?? 0;
    agent.tell('disarm');
    await waitFor('the old deadline', async () => monotonic() > agent.deadline + 500);
    agent.tell('close');
    await waitFor('the end of the guard', async () => !isAlive(guard));
    expect(agent.process.exitCode).toBe(0);
    expect(writer.cutAt).toBeUndefined();
  });
});

describe('a guard that', () => {
  it('was killed is missed at once, and the next one has the deadline', async () => {
    await agent.feed(60_000);
    await write();
    agent.tell('starve');
    agent.tell(`extend ${3 * AHEAD}`);
    const guard = node.guardPid();
    sendSignal(guard, 'SIGKILL');
    await waitFor('the news', async () => agent.sight === 'dead free', 5000);
    expect(await agent.start()).toBe('alive free');
    expect(node.guardPid()).not.toBe(guard);
    await expectFenced();
  });

  it('is frozen is missed after two seconds, and the next one has the deadline', async () => {
    await agent.feed(60_000);
    await write();
    const guard = node.guardPid() ?? 0;
    sendSignal(guard, 'SIGSTOP');
    await waitFor('the news', async () => agent.sight === 'dead free');
    agent.tell('starve');
    agent.tell(`extend ${3 * AHEAD}`);
    expect(await agent.start()).toBe('alive free');
    expect(isAlive(guard)).toBe(false);
    await expectFenced();
  });

  it('was thawed works again, and knows what it was told meanwhile', async () => {
    await agent.feed(10 * AHEAD);
    await write();
    const guard = node.guardPid() ?? 0;
    sendSignal(guard, 'SIGSTOP');
    await waitFor('the news', async () => agent.sight === 'dead free');
    sendSignal(guard, 'SIGCONT');
    await waitFor('the news', async () => agent.sight === 'alive free');
    agent.tell('starve');
    agent.tell(`extend ${AHEAD}`);
    await expectFenced();
  });
});

describe('PostgreSQL is stopped although', () => {
  it('a backend is frozen', async () => {
    await write();
    const client = await node.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    const [{ pid }] = rows as [{ pid: number }];
    sendSignal(pid, 'SIGSTOP');
    agent.tell(`extend ${AHEAD}`);
    await expectFenced();
    expect(isAlive(pid)).toBe(false);
  });

  it('the postmaster is frozen', async () => {
    await write();
    sendSignal(node.postmaster?.pid, 'SIGSTOP');
    agent.tell(`extend ${AHEAD}`);
    await expectFenced();
  });

  it('a command of the archiver hangs, which dies too', async () => {
    await node.stopPostgres();
    await node.startPostgres({ archive_mode: 'on', archive_command: 'sleep 1000' });
    await write();
    await node.query('SELECT pg_switch_wal()');
    await waitFor('the archiver', async () => node.workersNamed('sleep').length > 0);
    const [sleeper = 0] = node.workersNamed('sleep');
    agent.tell(`extend ${AHEAD}`);
    await expectFenced();
    expect(isAlive(sleeper)).toBe(false);
  });

  it('its postmaster is dead, and a backend still works', async () => {
    await write();
    const client = await node.connect();
    // It does not look whether its postmaster lives.
    const busy = client.query(
      'DO $$ BEGIN PERFORM count(*) FROM generate_series(1, 1000000000); END $$',
    );
    busy.catch(() => {});
    await waitFor('the query', async () => node.servers().length > 0);
    sendSignal(node.postmaster?.pid, 'SIGKILL');
    await writer.ended;
    expect(node.servers().length).toBeGreaterThan(0);
    agent.tell(`extend ${AHEAD}`);
    await expectNothingRuns();
    expect(monotonic()).toBeGreaterThan(agent.deadline);
  });
});

describe('a guard that has fenced', () => {
  it('stops every server that is started, for an agent that comes later too', async () => {
    agent.tell(`extend 1`);
    await expectNothingRuns();
    await agent.kill();
    for (const _ of [1, 2]) {
      node.launchPostgres();
      const pid = node.postmaster?.pid ?? 0;
      await waitFor('its end', async () => !isAlive(pid));
    }
    agent = standIn();
    expect(await agent.start()).toBe('alive fenced');
    agent.tell('disarm');
    agent.tell('look');
    await waitFor('the news', async () => agent.sight === 'alive free');
    await node.startPostgres();
    expect(stateOf(node.postmaster?.pid ?? 0)).toBeDefined();
  });
});
