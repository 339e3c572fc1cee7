import { describe, expect, it } from 'vitest';
import { DcsError } from '../../../../../src/model/errors.ts';
import {
  getCluster,
  getConfig,
  getFailsafe,
  getHistory,
  patchConfig,
  putConfig,
} from '../../../../../src/rest/server/handlers/documents.ts';
import { parseSnapshot } from '../../../../../src/wire/snapshot.ts';
import { callOf } from '../call-of.ts';
import { documentsOf, FakeBackend } from '../fake-backend.ts';

const CONFIG =
  '{"ttl": 30, "loop_wait": 10, "postgresql": {"parameters": {"max_connections": 100}}}';

function backendWith(change: Readonly<Record<string, string | undefined>>): FakeBackend {
  const backend = new FakeBackend();
  backend.documents = documentsOf(change);
  const view = parseSnapshot('demo', backend.documents);
  backend.says({ view, known: view });
  return backend;
}

describe('GET of the documents', () => {
  it('the cluster is read anew', async () => {
    const backend = new FakeBackend();
    backend.put('leader', 'pg3');
    const { status, body } = await getCluster(callOf(backend));
    expect(status).toBe(200);
    expect(String(body)).toContain('"name": "pg3", "role": "leader"');
    backend.down = true;
    await expect(getCluster(callOf(backend))).rejects.toThrow(DcsError);
  });

  it('history and config are those of the last tick', async () => {
    const backend = new FakeBackend();
    expect(await getHistory(callOf(backend))).toMatchObject({
      status: 200,
      body: '[[1, 25312, "no recovery target specified", "2026-05-01T10:11:12+00:00", "pg2"]]',
    });
    expect(await getConfig(callOf(backend))).toMatchObject({ status: 200, body: CONFIG });
    expect(backend.reads).toBe(0);
  });

  it('and are read when that tick saw no store', async () => {
    const backend = new FakeBackend({ view: undefined });
    expect(await getConfig(callOf(backend))).toMatchObject({ status: 200, body: CONFIG });
    expect(backend.reads).toBe(1);
  });

  it('without history there is an empty list, without config a 502', async () => {
    const backend = backendWith({ history: undefined, config: undefined });
    expect(await getHistory(callOf(backend))).toMatchObject({ status: 200, body: '[]' });
    expect((await getConfig(callOf(backend))).status).toBe(502);
  });

  it('the failsafe list is the last one that was known', () => {
    expect(getFailsafe(callOf(new FakeBackend())).status).toBe(502);
    const backend = backendWith({ failsafe: '{"pg1":"http://pg1:8008/patroni"}' });
    backend.says({ view: undefined });
    expect(getFailsafe(callOf(backend))).toMatchObject({
      status: 200,
      body: '{"pg1": "http://pg1:8008/patroni"}',
    });
  });
});

describe('PATCH /config', () => {
  it('merges, writes against the version that was read, and answers with the whole', async () => {
    const backend = new FakeBackend();
    const patch = { loop_wait: 5, postgresql: { parameters: { work_mem: '4MB' } }, ttl: null };
    const body =
      '{"loop_wait": 5, "postgresql": {"parameters": {"max_connections": 100, "work_mem": "4MB"}}}';
    expect(await patchConfig(callOf(backend, patch))).toMatchObject({ status: 200, body });
    expect(backend.writes).toEqual([
      {
        name: 'config',
        value: body.replaceAll(', ', ',').replaceAll(': ', ':'),
        guard: { version: 'v-config' },
        asLeader: false,
        withSession: false,
      },
    ]);
    expect(backend.wakes).toBe(1);
  });

  it('writes nothing when nothing changes', async () => {
    const backend = new FakeBackend();
    expect((await patchConfig(callOf(backend, { ttl: 30 }))).body).toBe(CONFIG);
    expect((await patchConfig(callOf(backend, { ttl: '30' }))).body).toBe(CONFIG);
    expect(backend.writes).toEqual([]);
  });

  it('is 409 when somebody else wrote in between, 503 without config', async () => {
    const backend = new FakeBackend();
    const { write } = backend.dcs;
    Object.assign(backend.dcs, {
      write: (request: Parameters<typeof write>[0]) => {
        backend.put('config', '{"ttl":20}');
        return write(request);
      },
    });
    expect((await patchConfig(callOf(backend, { ttl: 40 }))).status).toBe(409);
    const without = backendWith({ config: undefined });
    expect((await patchConfig(callOf(without, { ttl: 40 }))).status).toBe(503);
  });

  it('says what is wrong with a body', async () => {
    expect((await patchConfig(callOf(new FakeBackend(), 411))).status).toBe(411);
    expect((await putConfig(callOf(new FakeBackend(), 400))).status).toBe(400);
  });
});

describe('PUT /config', () => {
  it('replaces, whatever is there, and keeps numbers as they are written', async () => {
    const backend = backendWith({ config: undefined });
    const reply = await putConfig(callOf(backend, { ttl: 30, big: 12345678901234567890n }));
    expect(reply).toMatchObject({ status: 200, body: '{"ttl": 30, "big": 12345678901234567890}' });
    expect(backend.writes).toMatchObject([{ guard: 'any' }]);
    expect(backend.wakes).toBe(1);
  });

  it('writes nothing when it is the same', async () => {
    const backend = new FakeBackend();
    const same = { loop_wait: 10, ttl: 30, postgresql: { parameters: { max_connections: 100 } } };
    expect((await putConfig(callOf(backend, same))).status).toBe(200);
    expect(backend.writes).toEqual([]);
  });

  it('is 502 when the store would not have it', async () => {
    const backend = new FakeBackend();
    Object.assign(backend.dcs, { write: async () => 'conflict' });
    expect((await putConfig(callOf(backend, { ttl: 40 }))).status).toBe(502);
  });
});
