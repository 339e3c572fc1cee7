import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../harness/certificates.ts';
import { type EtcdOptions, type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { ended, giveToServerUser, sendSignal, waitFor } from '../harness/processes.ts';
import { isAlive, monotonic, Node } from './fence-node.ts';
import { makeDirectory } from './fence-rig.ts';
import { buildReleaseAgent, Household, type Keeping } from './release-rig.ts';

// Whose lock is given away, and whose never: real guards, real release programs, a real etcd. The
// agents are stand-ins with a real session. docs/adr/0008-the-guard.md

/** Far beyond the end of any test. */
const FAR = 600_000;
/** How far ahead a deadline is that shall pass. */
const AHEAD = 3000;
const GIVEN_AWAY = 'pg1 has the lock no more';
/** How often an agent is killed and the next one comes. */
const TRIES = 25;

const directory = makeDirectory();
const template = new Node(directory, 'template');
const { ca, cert, key } = makeCertificates(directory);
giveToServerUser(directory);
const running = new Map<string, RunningEtcd>();
let scenes = 0;

const ETCDS: Readonly<Record<string, EtcdOptions>> = {
  '3.4': { version: '3.4', v2: true },
  '3.5': { version: '3.5' },
  frozen: { version: '3.5' },
  closed: {
    version: '3.5',
    tls: { cert, key, clientCa: ca },
  },
  users: { version: '3.5', auth: { password: 'secret', prefix: '/service/' } },
};

beforeAll(async () => {
  await buildReleaseAgent(directory);
  template.make();
  for (const [name, options] of Object.entries(ETCDS)) running.set(name, await startEtcd(options));
});

afterAll(async () => {
  for (const etcd of running.values()) await etcd.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Scene {
  readonly node: Node;
  readonly home: Household;
  readonly etcd: RunningEtcd;
}

/** A test with an agent of its own, on one of the etcds. */
function scene(
  play: (scene: Scene) => Promise<void>,
  { etcd: name = '3.5', store }: { etcd?: string; store?: Keeping['store'] } = {},
): () => Promise<void> {
  return async () => {
    const etcd = running.get(name);
    if (!etcd) throw new Error(`no etcd ${name}`);
    scenes += 1;
    const node = new Node(directory, `the "$1" node ${scenes}`);
    const home = new Household(directory, node, { etcd, scope: `demo${scenes}`, store });
    try {
      await home.open();
      await play({ node, home, etcd });
    } finally {
      await home.close();
    }
  };
}

/** The node gets a PostgreSQL, which runs. */
async function withPostgres({ node }: Scene): Promise<void> {
  rmSync(node.data, { recursive: true });
  await node.copy(template);
  await node.startPostgres();
}

async function bothKilled(one: Scene): Promise<void> {
  const { node, home } = one;
  await withPostgres(one);
  await home.put('status', '{}');
  await home.lead(FAR);
  const before = await home.documents();
  expect(await home.leader()).toBe('pg1');
  const client = await node.connect();
  client.query('SELECT count(*) FROM generate_series(1, 10000000000)').catch(() => {});
  await home.agent.kill();
  sendSignal(node.postmaster?.pid, 'SIGKILL');
  expect(await home.end()).toBe(GIVEN_AWAY);
  // Sessions that outlive their postmaster are ended before.
  expect(node.servers()).toEqual([]);
  expect(await home.documents()).toEqual(before.filter(({ name }) => name !== 'leader'));
  // Who comes next begins anew.
  await home.start();
  expect(await home.ask('look')).toBe('not ours');
  expect(await home.ask('acquire')).toBe('held');
  expect(home.said()).toEqual({ started: 1, ends: [GIVEN_AWAY] });
}

describe.concurrent('the lock is given away when agent and PostgreSQL are dead', () => {
  it('on etcd 3.4', scene(bothKilled, { etcd: '3.4' }));
  it('on etcd 3.5', scene(bothKilled));
  it('on the v2 API', scene(bothKilled, { etcd: '3.4', store: { kind: 'etcd' } }));
  it(
    'on an etcd with certificates',
    scene(bothKilled, {
      etcd: 'closed',
      store: { protocol: 'https', tls: { insecure: false, cacert: ca, cert, key } },
    }),
  );
  it(
    'on an etcd with users',
    scene(bothKilled, { etcd: 'users', store: { username: 'pgherd', password: 'secret' } }),
  );

  it(
    'at the deadline when only the agent was killed',
    scene(async (one) => {
      const { node, home } = one;
      await withPostgres(one);
      await home.lead(AHEAD);
      const deadline = Number((await home.ask(`extend ${AHEAD}`, 'deadline')) || 0);
      await home.agent.kill();
      await waitFor('the release', async () => {
        const asked = monotonic();
        const leader = await home.leader();
        // Asked for before the deadline it was there.
        if (leader === undefined) expect(monotonic()).toBeGreaterThan(deadline);
        if (asked < deadline) return false;
        return leader === undefined && node.servers().length === 0;
      });
      expect(await home.end()).toBe(GIVEN_AWAY);
    }),
  );

  it(
    'after the deadline when the agent stands still, which then never wakes again',
    scene(async (one) => {
      const { home } = one;
      const { agent } = home;
      await withPostgres(one);
      await home.lead(AHEAD);
      sendSignal(agent.process.pid, 'SIGSTOP');
      expect(await home.end()).toBe(GIVEN_AWAY);
      await ended(agent.process);
      expect(agent.process.signalCode).toBe('SIGKILL');
      expect(await home.leader()).toBeUndefined();
    }),
  );
});

describe.concurrent('the lock is not given away', () => {
  it(
    'when nothing was guarded, as in pause',
    scene(async (one) => {
      const { node, home } = one;
      await withPostgres(one);
      await home.lead(FAR);
      await home.ask('disarm', 'disarmed');
      await home.agent.kill();
      sendSignal(node.postmaster?.pid, 'SIGKILL');
      await node.stopPostgres();
      await delay(1000);
      expect(home.said()).toEqual({ started: 0, ends: [] });
      await home.start();
      expect(await home.ask('look')).toBe('ours');
    }),
  );

  it(
    'when an agent that lives was fenced',
    scene(async (one) => {
      const { node, home } = one;
      await withPostgres(one);
      await home.lead(1000);
      await waitFor('the fence', async () => node.servers().length === 0);
      await delay(2500);
      expect(home.said().started).toBe(0);
      expect(isAlive(home.agent.process.pid ?? 0)).toBe(true);
      expect(await home.ask('look')).toBe('ours');
    }),
  );

  it(
    'when it is another’s',
    scene(async ({ home }) => {
      await home.lead(FAR);
      await home.put('leader', 'pg1');
      await home.agent.kill();
      expect(await home.end()).toBe('the lock is not ours');
      expect(await home.leader()).toBe('pg1');
    }),
  );

  it(
    'when etcd does not answer, and the session is left to the next agent',
    scene(
      async ({ home, etcd }) => {
        await home.lead(FAR);
        etcd.signal(0, 'SIGSTOP');
        await home.agent.kill();
        const end = await home.end();
        etcd.signal(0, 'SIGCONT');
        expect(end).toMatch(/^etcd/i);
        await home.start();
        expect(await home.ask('look')).toBe('ours');
      },
      { etcd: 'frozen' },
    ),
  );
});

describe('a supervisor that is as fast as the guard', () => {
  it(
    'never gets an agent that goes on with a lock that was given away',
    scene(async ({ home }) => {
      for (let round = 0; round < TRIES; round += 1) {
        await home.lead(FAR);
        const next = home.prepare();
        // Loaded by then, it is as fast as the release program.
        await delay(400);
        await home.agent.kill();
        await delay((round * 37) % 200);
        await home.start(next);
        const ours = (await home.ask('look')) === 'ours';
        await waitFor('the release program', async () => {
          const { started, ends } = home.said();
          return ends.length === started;
        });
        expect(await home.leader()).toBe(ours ? 'pg1' : undefined);
        if (ours) expect(await home.ask('renew')).toBe('held');
        else expect(home.said().ends.at(-1)).toBe(GIVEN_AWAY);
      }
    }),
    180_000,
  );
});
