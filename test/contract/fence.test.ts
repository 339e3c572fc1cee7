import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendSignal, waitFor } from '../harness/processes.ts';
import { isAlive, monotonic, Node, stateOf, Writer } from './fence-node.ts';
import { buildAgent, makeDirectory, StandIn } from './fence-rig.ts';

// The promise of docs/adr/0008-the-guard.md on real processes: whatever becomes of the agent, no
// commit is acknowledged after the lease has ended, and not a moment before the deadline is
// PostgreSQL stopped.

/** How far ahead of now the stand-in's deadlines are, in milliseconds. */
const AHEAD = 1500;
/** So far where it must not pass, on a slow machine either. */
const GENEROUS = 4000;
/** Between the deadline and the end of the lease there are at least so many: `fenceDeadline`. */
const MARGIN = 2500;

const directory = makeDirectory();
const template = new Node(directory, 'template');
let scenes = 0;

beforeAll(async () => {
  await buildAgent(directory);
  template.make();
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A primary with its writer, an agent and a guard; nothing has a deadline yet. */
class Scene {
  // A name that a shell could trip over.
  readonly node = new Node(directory, `o'neil "the" $HOME * ${++scenes}`);
  agent = this.#standIn();
  #writer: Writer | undefined;

  get writer(): Writer {
    if (!this.#writer) throw new Error('nobody writes yet');
    return this.#writer;
  }

  async open(): Promise<void> {
    await this.node.copy(template);
    await this.node.startPostgres();
    expect(await this.agent.start()).toBe('alive free');
    await this.write();
  }

  async write(): Promise<void> {
    const writer = new Writer(await this.node.connect());
    await waitFor('a commit', async () => writer.acknowledged > 0);
    this.#writer = writer;
  }

  /** Another agent in the place of the one that is there. */
  async changeAgent(...nodeOptions: string[]): Promise<StandIn> {
    await this.agent.kill();
    this.agent = this.#standIn(...nodeOptions);
    await this.agent.start();
    return this.agent;
  }

  /** Waits for the fence, and judges it by what the writer saw. */
  readonly expectFenced = async (): Promise<void> => {
    const { writer, agent } = this;
    await writer.ended;
    expect(agent.deadline).toBeGreaterThan(0);
    expect(writer.cutAt).toBeGreaterThanOrEqual(agent.deadline);
    expect(writer.lastSent).toBeLessThan(agent.deadline + MARGIN);
    await this.expectNothingRuns();
  };

  async expectNothingRuns(): Promise<void> {
    await waitFor('the end of PostgreSQL', async () => this.node.servers().length === 0);
  }

  async close(): Promise<void> {
    await this.agent.kill();
    await this.node.kill();
  }

  #standIn(...nodeOptions: string[]): StandIn {
    const { state, data } = this.node;
    const program = join(directory, 'agent.mjs');
    return new StandIn([process.execPath, ...nodeOptions, program, state, data]);
  }
}

/** A test that plays in a scene of its own. */
function scene(play: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const one = new Scene();
    try {
      await one.open();
      await play(one);
    } finally {
      await one.close();
    }
  };
}

describe.concurrent('a primary is stopped at the deadline, not before, when its agent', () => {
  it(
    'is killed',
    scene(async ({ agent, node, expectFenced }) => {
      await agent.feed(AHEAD);
      await agent.kill();
      await expectFenced();
      const line = /the deadline passed \d+ ms ago, and no PostgreSQL runs/;
      await waitFor('the line', async () => line.test(node.guardLog()));
    }),
  );

  it(
    'is frozen',
    scene(async ({ agent, expectFenced }) => {
      await agent.feed(AHEAD);
      sendSignal(agent.process.pid, 'SIGSTOP');
      await expectFenced();
    }),
  );

  it(
    'blocks its event loop',
    scene(async ({ agent, expectFenced }) => {
      await agent.feed(AHEAD);
      agent.tell('block');
      await expectFenced();
    }),
  );

  it(
    'runs out of memory',
    scene(async (s) => {
      const agent = await s.changeAgent('--max-old-space-size=30');
      await agent.feed(AHEAD);
      agent.tell('eat');
      await s.expectFenced();
      await waitFor('its death', async () => agent.process.signalCode !== null);
    }),
  );

  it(
    'lives, and has nothing to extend',
    scene(async ({ agent, expectFenced }) => {
      agent.tell(`extend ${AHEAD}`);
      await waitFor('the news', async () => agent.sight === 'alive fenced');
      await expectFenced();
    }),
  );
});

describe.concurrent('a primary goes on', () => {
  it(
    'under an agent that came back within the deadline',
    scene(async (s) => {
      await s.agent.feed(GENEROUS);
      const guard = s.node.guardPid();
      const { deadline } = s.agent;
      const agent = await s.changeAgent();
      await agent.feed(GENEROUS);
      await waitFor('the old deadline', async () => monotonic() > deadline + 500);
      const { acknowledged } = s.writer;
      await waitFor('a commit', async () => s.writer.acknowledged > acknowledged);
      expect(s.node.guardPid()).toBe(guard);
    }),
  );

  it(
    'when it was disarmed, with the guard and without',
    scene(async ({ agent, node, writer }) => {
      await agent.feed(GENEROUS);
      const guard = node.guardPid() ?? 0;
      agent.tell('disarm');
      await waitFor('the old deadline', async () => monotonic() > agent.deadline + 500);
      agent.tell('close');
      await waitFor('the end of the guard', async () => !isAlive(guard));
      await waitFor('the end of the agent', async () => agent.process.exitCode === 0);
      expect(writer.cutAt).toBeUndefined();
    }),
  );
});

describe.concurrent('a guard that', () => {
  it(
    'was killed is missed at once, and the next one has the deadline',
    scene(async (s) => {
      const { agent, node } = s;
      await agent.feed(60_000);
      const guard = node.guardPid();
      agent.tell('starve');
      sendSignal(guard, 'SIGKILL');
      // The agent asked for nothing: its death itself was the news.
      await waitFor('the news', async () => agent.sight === 'dead free');
      agent.tell(`extend ${GENEROUS}`);
      expect(await agent.start()).toBe('alive free');
      expect(node.guardPid()).not.toBe(guard);
      await s.expectFenced();
    }),
  );

  it(
    'is frozen is missed after two seconds, and the next one has the deadline',
    scene(async (s) => {
      const { agent, node } = s;
      await agent.feed(60_000);
      const guard = node.guardPid() ?? 0;
      sendSignal(guard, 'SIGSTOP');
      await waitFor('the news', async () => agent.sight === 'dead free');
      agent.tell('starve');
      agent.tell(`extend ${GENEROUS}`);
      expect(await agent.start()).toBe('alive free');
      expect(isAlive(guard)).toBe(false);
      await s.expectFenced();
    }),
  );

  it(
    'was thawed works again, and knows what it was told meanwhile',
    scene(async (s) => {
      const { agent, node } = s;
      await agent.feed(60_000);
      const guard = node.guardPid();
      sendSignal(guard, 'SIGSTOP');
      await waitFor('the news', async () => agent.sight === 'dead free');
      agent.tell('starve');
      agent.tell(`extend ${GENEROUS}`);
      sendSignal(guard, 'SIGCONT');
      await waitFor('the news', async () => agent.sight.startsWith('alive'));
      await s.expectFenced();
    }),
  );

  it(
    'has fenced stops every server, for an agent that comes later too',
    scene(async (s) => {
      const { node } = s;
      s.agent.tell('extend 1');
      await s.expectNothingRuns();
      await s.agent.kill();
      for (let starts = 0; starts < 2; starts += 1) {
        node.launchPostgres();
        const pid = node.postmaster?.pid ?? 0;
        await waitFor('its end', async () => !isAlive(pid));
      }
      const agent = await s.changeAgent();
      expect(agent.sight).toBe('alive fenced');
      agent.tell('disarm');
      agent.tell('look');
      await waitFor('the answer', async () => agent.sight === 'alive free');
      await node.startPostgres();
    }),
  );
});

describe.concurrent('PostgreSQL is stopped although', () => {
  it(
    'a backend is frozen',
    scene(async ({ agent, node, expectFenced }) => {
      const client = await node.connect();
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      const [{ pid }] = rows as [{ pid: number }];
      sendSignal(pid, 'SIGSTOP');
      agent.tell(`extend ${AHEAD}`);
      await expectFenced();
      expect(isAlive(pid)).toBe(false);
    }),
  );

  it(
    'the postmaster is frozen',
    scene(async ({ agent, node, expectFenced }) => {
      sendSignal(node.postmaster?.pid, 'SIGSTOP');
      agent.tell(`extend ${AHEAD}`);
      await expectFenced();
    }),
  );

  it(
    'a command of the archiver hangs, which dies too',
    scene(async (s) => {
      const { agent, node } = s;
      await node.stopPostgres();
      await node.startPostgres({ archive_mode: 'on', archive_command: 'sleep 1000' });
      await s.write();
      await node.query('SELECT pg_switch_wal()');
      await waitFor('the archiver', async () => node.workersNamed('sleep').length > 0);
      const [sleeper = 0] = node.workersNamed('sleep');
      agent.tell(`extend ${AHEAD}`);
      await s.expectFenced();
      expect(isAlive(sleeper)).toBe(false);
    }),
  );

  it(
    'its postmaster is dead, and a backend goes on without it',
    scene(async (s) => {
      const { agent, node } = s;
      const client = await node.connect();
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      const [{ pid }] = rows as [{ pid: number }];
      client.query('SELECT count(*) FROM generate_series(1, 10000000000)').catch(() => {});
      await waitFor('the query', async () => stateOf(pid) === 'R');
      sendSignal(node.postmaster?.pid, 'SIGKILL');
      await s.writer.ended;
      expect(isAlive(pid)).toBe(true);
      agent.tell(`extend ${AHEAD}`);
      await s.expectNothingRuns();
      expect(monotonic()).toBeGreaterThan(agent.deadline);
    }),
  );

  it(
    'the whole host was frozen: there is no time left when it wakes',
    scene(async (s) => {
      const { agent, node } = s;
      await agent.feed(AHEAD);
      const guard = node.guardPid();
      const before = node.postgresLog().length;
      for (const pid of [agent.process.pid, guard, ...node.servers()]) sendSignal(pid, 'SIGSTOP');
      await waitFor('the end of the lease', async () => monotonic() > agent.deadline + MARGIN);
      sendSignal(guard, 'SIGCONT');
      await s.expectNothingRuns();
      expect(node.postgresLog().slice(before)).not.toContain('shutdown request');
    }),
  );
});
