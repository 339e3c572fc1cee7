import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Server } from '../../src/agent/ports.ts';
import type { BootstrapConfig } from '../../src/model/postgres-config.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { childrenOf, signalProcess, waitForExit } from '../../src/postgres/process-table.ts';
import { PostgresServer } from '../../src/postgres/server.ts';
import {
  becomeServerUser,
  postgresConfig,
  serverPort,
  TestServer,
  temporaryDirectory,
} from '../harness/postgres.ts';
import { waitFor } from '../harness/processes.ts';
import { type Actor, CASES, type Stage } from './postgres-cases.ts';

becomeServerUser();

const BOOTSTRAP: BootstrapConfig = {
  dcs: {},
  initdbOptions: [{ name: 'no-sync' }],
  pgHba: undefined,
  postBootstrap: undefined,
  method: undefined,
};

const CALLBACKS = ['on_start', 'on_stop', 'on_restart', 'on_reload', 'on_role_change'] as const;

interface RealActor extends Actor {
  readonly server: PostgresServer;
  readonly dataDir: string;
  /** What the callbacks were told since the last call, by this server's agent. */
  told(by: PostgresServer): Promise<string[]>;
  readonly lines: string[];
  /** How often it was told that a look is worth while. */
  changes: number;
  /** Another agent on the same node. */
  anew(): PostgresServer;
  destroy(): Promise<void>;
}

async function realActor(name: string): Promise<RealActor> {
  const directory = temporaryDirectory();
  const port = await serverPort();
  const record = join(directory, 'record');
  const config = postgresConfig(directory, port, {
    memberName: name,
    clusterParameters: { wal_level: 'logical' },
    callbacks: Object.fromEntries(
      CALLBACKS.map((event) => [event, `sh -c 'echo "$@" >>${record}' callback`]),
    ),
  });
  const client = new TestServer(directory, config);
  const lines: string[] = [];
  const make = (): PostgresServer =>
    new PostgresServer({
      config: () => config,
      bootstrap: () => BOOTSTRAP,
      adopt: () => {},
      stateDir: join(directory, 'state'),
      log: (line) => lines.push(line),
      onChange: () => {
        actor.changes += 1;
      },
      forbids: () => undefined,
    });
  const server = make();
  const crash = async (): Promise<void> => {
    const postmaster = await findPostmaster(config);
    if (postmaster === undefined) return;
    const processes = [postmaster.identity, ...childrenOf(postmaster.identity)];
    signalProcess(postmaster.identity, 'SIGKILL');
    if (!(await waitForExit(processes, { timeoutMs: 30_000 }))) throw new Error('it lives');
  };
  const actor: RealActor = {
    name,
    server: server satisfies Server,
    lines,
    dataDir: config.dataDir,
    changes: 0,
    told: async (by) => {
      await by.callbacks.idle();
      const said = existsSync(record) ? readFileSync(record, 'utf8') : '';
      rmSync(record, { force: true });
      return said.split('\n').filter((line) => line !== '');
    },
    anew: make,
    source: (slot) => {
      const found = { name, connUrl: client.connUrl };
      return slot === undefined ? found : { ...found, slot };
    },
    write: async () => {
      await client.query(
        'CREATE TABLE IF NOT EXISTS written (id int); INSERT INTO written VALUES (1)',
      );
    },
    crash,
    async destroy() {
      await crash();
      await server.close();
      await client.destroy();
    },
  };
  return actor;
}

async function realStage(): Promise<Stage & { readonly actors: readonly RealActor[] }> {
  const actors = [await realActor('a'), await realActor('b')] as const;
  const [a, b] = actors;
  return {
    ...{ a, b, actors },
    result: (promise) => promise,
    run: (actor, spec, signal = new AbortController().signal) => actor.server.run(spec, signal),
    until: (actor, what, is) =>
      waitFor(what, async () => {
        const view = await actor.server.observe();
        return is(view) ? view : undefined;
      }),
  };
}

describe('a real PostgreSQL', () => {
  it.each(CASES)('$name', { timeout: 180_000 }, async ({ play }) => {
    const stage = await realStage();
    try {
      await play(stage);
    } catch (error) {
      for (const { name, lines } of stage.actors) console.error(name, lines.join('\n'));
      throw error;
    } finally {
      for (const actor of stage.actors) await actor.destroy();
    }
  });
});

describe('an agent', () => {
  const START = { kind: 'start', as: 'primary', from: undefined } as const;
  const LOGICAL = {
    ...({ kind: 'create', name: 'feed', type: 'logical', reserve: true } as const),
    ...{ database: 'postgres', plugin: 'test_decoding' },
  };
  const never = new AbortController().signal;

  it('sees nothing of the server that a bootstrap has for itself', async () => {
    const a = await realActor('a');
    const running = a.server.run({ kind: 'bootstrap' }, never);
    const states = new Set<string>();
    let over = false;
    void running.then(() => {
      over = true;
    });
    while (!over) {
      const { state, dataDirectory } = await a.server.observe();
      states.add(`${state} ${dataDirectory}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await running).toEqual({ ok: true });
    expect([...states].filter((seen) => !seen.startsWith('stopped'))).toEqual([]);
    expect(states).toContain('stopped unfinished');
    await a.destroy();
  });

  it('takes a server over from the one before, hears of its death, and starts it again', async () => {
    const a = await realActor('a');
    await a.server.run({ kind: 'bootstrap' }, never);
    await a.server.finishBootstrap();
    await a.server.run(START, never);
    await a.server.setSyncNames({ kind: 'any', count: 1, names: ['b'] });
    await a.server.setSyncNames({ kind: 'off' });
    const before = await a.server.observe();
    const next = a.anew();
    await next.configure({});
    const { lsn: _, checkpointLsn: __, ...same } = await next.observe();
    expect(before).toMatchObject(same);
    expect(next.postmaster?.identity.pid).toBeGreaterThan(1);
    a.changes = 0;
    await a.crash();
    await waitFor('the news', async () => a.changes > 0);
    expect(await next.observe()).toMatchObject({ state: 'stopped', role: 'primary' });
    expect(await next.run(START, never)).toEqual({ ok: true });
    const again = await next.observe();
    expect(again).toMatchObject({ state: 'running', answering: true });
    expect(again.postmasterStart).not.toBe(before.postmasterStart);
    await next.close();
    await a.destroy();
  });

  it('sees whom a standby follows that has not come up, and can point it elsewhere', async () => {
    const [a, b] = [await realActor('a'), await realActor('b')];
    await a.server.run({ kind: 'bootstrap' }, never);
    await a.server.finishBootstrap();
    await a.server.run(START, never);
    await b.server.run({ kind: 'clone', from: a.source() }, never);
    // A copy whose WAL has gone waits for it.
    const wal = join(b.dataDir, 'pg_wal');
    for (const name of readdirSync(wal)) {
      if (/^[0-9A-F]{24}$/.test(name)) rmSync(join(wal, name));
    }
    const nowhere = { name: 'c', connUrl: 'postgres://127.0.0.1:1/postgres', slot: 'b' };
    const starting = b.server.run({ kind: 'start', as: 'standby', from: nowhere }, never);
    const waits = await waitFor('it to wait', async () => {
      const view = await b.server.observe();
      return view.state === 'starting' && view.role === 'standby' ? view : undefined;
    });
    expect(waits).toMatchObject({
      ...{ follows: 'c', followsSlot: 'b', answering: true, replicationState: undefined },
      followsAddress: { host: '127.0.0.1', port: 1 },
    });
    await b.server.follow(a.source());
    expect(await starting).toEqual({ ok: true });
    expect(await b.server.observe()).toMatchObject({ state: 'running', follows: 'a' });
    await b.destroy();
    await a.destroy();
  });

  it('tells the callbacks of what it found running, and whom it follows, once', async () => {
    const [a, b] = [await realActor('a'), await realActor('b')];
    await a.server.run({ kind: 'bootstrap' }, never);
    await a.server.finishBootstrap();
    await a.server.run(START, never);
    await b.server.run({ kind: 'clone', from: a.source() }, never);
    await b.server.run({ kind: 'start', as: 'standby', from: a.source() }, never);
    b.server.introduce('replica');
    expect(await b.told(b.server)).toEqual(['on_start replica demo']);
    const next = b.anew();
    await next.observe();
    next.introduce('replica');
    next.introduce('replica');
    expect(await b.told(next)).toEqual(['on_start replica demo']);
    await a.server.syncSlots([LOGICAL]);
    const slots = { kind: 'copy-slots', from: a.source(), names: [LOGICAL.name] } as const;
    expect(await next.run(slots, never)).toEqual({ ok: true });
    expect(await b.told(next)).toEqual([]);
    await next.follow({ ...a.source(), name: 'c' });
    await next.follow({ ...a.source(), name: 'c' });
    expect(await b.told(next)).toEqual(['on_reload replica demo']);
    await next.follow({ ...a.source(), name: '' });
    expect(await b.told(next)).toEqual(['on_role_change standby_leader demo']);
    await next.follow(a.source());
    expect(await b.told(next)).toEqual(['on_role_change replica demo']);
    next.introduce('standby_leader');
    expect(await b.told(next)).toEqual(['on_role_change standby_leader demo']);
    await next.close();
    await b.destroy();
    await a.destroy();
  });
});
