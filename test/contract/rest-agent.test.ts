import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import type { AgentPorts } from '../../src/agent/ports.ts';
import type { RestBackend } from '../../src/rest/server/backend.ts';
import { RestServer } from '../../src/rest/server/server.ts';
import { FakeWorld } from '../unit/agent/fakes.ts';
import { documentsOf, restApi } from '../unit/rest/server/fake-backend.ts';
import { ask, type RawReply } from './rest-client.ts';

// The REST API on a real agent with all its rules, on a node that leads; only the world is made up.

let world: FakeWorld;
let agent: Agent;
let server: RestServer;
let running: Promise<void>;
let reloads = 0;

/** What a composition root has to put together. */
function backendOf(ports: AgentPorts): { backend: RestBackend; ports: AgentPorts } {
  const waiting = new Set<() => void>();
  const recording: AgentPorts = {
    ...ports,
    record: (tick) => {
      ports.record(tick);
      for (const resolve of waiting) resolve();
    },
  };
  const { node, scope, clock, dcs, peers } = ports;
  const backend: RestBackend = {
    ...{ node, scope, clock, peers },
    dcs: {
      peek: async () => (await dcs.read()).documents,
      write: (request) => dcs.write(request),
    },
    state: () => agent.state(),
    freshStatus: () => agent.freshStatus(),
    order: (order) => agent.order(order),
    receiveFailsafe: (message) => agent.receiveFailsafe(message),
    wake: () => agent.rouse(),
    reload: () => {
      reloads += 1;
    },
    nextTick: (signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          waiting.delete(done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
    log: () => {},
  };
  return { backend, ports: recording };
}

beforeEach(async () => {
  reloads = 0;
  world = new FakeWorld();
  world.documents = documentsOf({ initialize: world.postgres.systemId });
  world.known = { documents: world.documents, revision: 1 };
  const { backend, ports } = backendOf(world.ports);
  agent = new Agent(ports);
  running = agent.run();
  server = new RestServer(backend, readFile);
  await server.apply(restApi());
  await world.clock.pass(2000);
});
afterEach(async () => {
  await server.close();
  agent.stop();
  await world.clock.pass(2000);
  await running;
});

const request = (method: string, path: string, body?: unknown): Promise<RawReply> =>
  ask({ port: server.port ?? 0 }, method, path, body === undefined ? {} : { body });

/** Lets time pass for the agent until the answer is there. */
async function answered(reply: Promise<RawReply>, meanwhile = () => {}): Promise<RawReply> {
  let found: RawReply | undefined;
  void reply.then((one) => {
    found = one;
  });
  for (let count = 0; count < 2000 && !found; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await world.clock.pass(50);
    meanwhile();
  }
  return found ?? reply;
}

describe('an agent behind its REST API', () => {
  it('says that it leads, for as long as its lease lasts', async () => {
    expect((await request('GET', '/primary')).status).toBe(200);
    expect(JSON.parse((await request('GET', '/patroni')).body)).toMatchObject({
      state: 'running',
      role: 'primary',
      xlog: { location: 100 },
      patroni: { name: 'pg1', scope: 'demo' },
    });
    const until = agent.state().leaseUntil ?? 0;
    world.clock.now = until;
    expect((await request('GET', '/primary')).status).toBe(503);
    expect((await request('GET', '/health')).status).toBe(200);
  });

  it('restarts PostgreSQL, and says when it is done', async () => {
    const reply = request('POST', '/restart', { role: 'primary' });
    const done = await answered(reply, () => {
      for (const job of world.jobs.splice(0)) {
        expect(job.spec.kind).toBe('restart');
        job.end({ ok: true });
      }
    });
    expect(done).toMatchObject({ status: 200, body: 'restarted successfully' });
    const refused = request('POST', '/restart', { role: 'replica' });
    expect(await answered(refused)).toMatchObject({
      status: 503,
      body: 'restart conditions are not satisfied',
    });
  });

  it('schedules a restart, shows it, and takes it back', async () => {
    const schedule = '2099-01-01T00:00:00+00:00';
    const order = () => request('POST', '/restart', { schedule, restart_pending: true });
    expect(await order()).toMatchObject({ status: 202, body: 'Restart scheduled' });
    expect((await order()).status).toBe(409);
    expect(JSON.parse((await request('GET', '/patroni')).body).scheduled_restart).toEqual({
      restart_pending: true,
      schedule,
    });
    expect((await request('DELETE', '/restart')).status).toBe(200);
    expect((await request('DELETE', '/restart')).status).toBe(404);
    expect((await request('GET', '/patroni')).body).not.toContain('scheduled_restart');
  });

  it('does not reinitialize a leader', async () => {
    expect(await answered(request('POST', '/reinitialize'))).toMatchObject({
      status: 503,
      body: 'I am the leader, can not reinitialize',
    });
  });

  it('writes the configuration, and reloads when it is told to', async () => {
    expect((await request('PATCH', '/config', { ttl: 40 })).status).toBe(200);
    const written = world.writes.find(({ name }) => name === 'config');
    expect(written).toMatchObject({ asLeader: false, guard: { version: 'v-config' } });
    expect((await request('POST', '/reload')).status).toBe(202);
    expect(reloads).toBe(1);
  });

  it('is alive while its loop runs', async () => {
    expect((await request('GET', '/liveness')).status).toBe(200);
    world.clock.now += 100_000;
    expect((await request('GET', '/liveness')).status).toBe(503);
    await world.clock.pass(11_000);
    expect((await request('GET', '/liveness')).status).toBe(200);
  });
});
