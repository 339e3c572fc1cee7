import { describe, expect, it } from 'vitest';
import type { OrderReply } from '../../../../../src/agent/orders.ts';
import { DEFAULT_SETTINGS } from '../../../../../src/model/settings.ts';
import { postFailsafe } from '../../../../../src/rest/server/handlers/failsafe.ts';
import {
  deleteRestart,
  postCitus,
  postReinitialize,
  postReload,
  postRestart,
  postSigterm,
} from '../../../../../src/rest/server/handlers/orders.ts';
import { callOf } from '../call-of.ts';
import { FakeBackend, primaryStatus, statusOf } from '../fake-backend.ts';

function answering(reply: OrderReply): FakeBackend {
  const backend = new FakeBackend();
  backend.reply = async () => reply;
  return backend;
}

describe('POST /restart', () => {
  it.each([
    [true, 200, 'restarted successfully'],
    [false, 503, 'restart conditions are not satisfied'],
  ])('waits for its end: %s → %i', async (ok, status, text) => {
    const backend = answering({ ok, text });
    const body = { role: 'primary', postgres_version: '15.4', timeout: 30, restart_pending: true };
    expect(await postRestart(callOf(backend, body))).toMatchObject({ status, body: text });
    expect(backend.orders).toEqual([
      {
        kind: 'restart',
        role: 'primary',
        postgresVersion: '15.4',
        timeout: 30,
        onlyIfPending: true,
      },
    ]);
  });

  it.each([
    [true, 202, 'Restart scheduled'],
    [false, 409, 'Another restart is already scheduled'],
  ])('is scheduled: %s → %i', async (ok, status, text) => {
    const backend = answering({ ok, text });
    const body = { schedule: '2026-11-24T01:00:00+00:00' };
    expect(await postRestart(callOf(backend, body))).toMatchObject({ status, body: text });
    expect(backend.orders).toEqual([
      { kind: 'scheduled-restart', at: Date.UTC(2026, 10, 24, 1), onlyIfPending: false },
    ]);
  });

  it('is not scheduled in pause, whatever time is given', async () => {
    const backend = new FakeBackend({ settings: { ...DEFAULT_SETTINGS, pause: true } });
    expect(await postRestart(callOf(backend, { schedule: '' }))).toMatchObject({
      status: 500,
      body: "Can't schedule restart in the paused state",
    });
    expect((await postRestart(callOf(backend))).status).toBe(200);
    expect(backend.orders).toHaveLength(1);
  });

  it('orders nothing when something is wrong with it', async () => {
    const backend = new FakeBackend();
    expect((await postRestart(callOf(backend, 400))).status).toBe(400);
    expect(await postRestart(callOf(backend, { x: 1 }))).toMatchObject({
      status: 400,
      body: 'Unknown filter for the scheduled restart: x',
    });
    expect(backend.orders).toEqual([]);
  });
});

describe('DELETE /restart', () => {
  it.each([
    [true, 200, 'scheduled restart deleted'],
    [false, 404, 'no restarts are scheduled'],
  ])('%s → %i', async (ok, status, text) => {
    const backend = answering({ ok, text });
    expect(await deleteRestart(callOf(backend))).toMatchObject({ status, body: text });
    expect(backend.orders).toEqual([{ kind: 'cancel-restart' }]);
  });
});

describe('POST /reinitialize', () => {
  it.each([
    [true, 200, 'reinitialize started'],
    [false, 503, 'I am the leader, can not reinitialize'],
  ])('%s → %i', async (ok, status, text) => {
    const backend = answering({ ok, text });
    expect(await postReinitialize(callOf(backend))).toMatchObject({ status, body: text });
    expect(backend.orders).toEqual([{ kind: 'reinitialize', force: false, fromLeader: false }]);
  });

  it.each([
    [
      { force: true, from_leader: 'on' },
      { force: true, fromLeader: true },
    ],
    // Its manual has it with a hyphen.
    [
      { force: 'no', 'from-leader': true },
      { force: false, fromLeader: true },
    ],
    [
      { force: 'maybe', from_leader: null },
      { force: false, fromLeader: false },
    ],
  ])('%j', async (body, order) => {
    const backend = new FakeBackend();
    await postReinitialize(callOf(backend, body));
    expect(backend.orders).toEqual([{ kind: 'reinitialize', ...order }]);
  });

  it('does nothing with a body that makes no sense', async () => {
    const backend = new FakeBackend();
    expect((await postReinitialize(callOf(backend, 400))).status).toBe(400);
    expect(backend.orders).toEqual([]);
  });
});

describe('other orders', () => {
  it('reload, sigterm and citus', async () => {
    const backend = new FakeBackend();
    expect(postReload(callOf(backend))).toMatchObject({ status: 202, body: 'reload scheduled' });
    expect(backend.reloads).toBe(1);
    expect(postSigterm()).toMatchObject({ status: 202, body: 'shutdown scheduled' });
    expect(await postCitus(callOf(backend, { type: 'x' }))).toMatchObject({
      status: 200,
      body: 'OK',
    });
    expect((await postCitus(callOf(backend, 411))).status).toBe(411);
    expect(backend.orders).toEqual([]);
  });
});

describe('POST /failsafe', () => {
  const BODY = {
    name: 'pg1',
    conn_url: 'postgres://pg1:5432/postgres',
    api_url: 'http://pg1:8008/patroni',
    slots: { pg2: 7 },
  };
  const settings = { ...DEFAULT_SETTINGS, failsafeMode: true };

  it('agrees, and says how far this member is', async () => {
    const backend = new FakeBackend({ settings });
    expect(await postFailsafe(callOf(backend, BODY))).toMatchObject({
      status: 200,
      body: 'Accepted',
      headers: ['lsn', '1000'],
    });
    expect(backend.messages).toEqual([
      { name: 'pg1', connUrl: BODY.conn_url, apiUrl: BODY.api_url, slots: { pg2: 7 } },
    ]);
    const { receivedLsn, replayedLsn, ...silent } = statusOf();
    backend.says({ status: silent });
    expect(await postFailsafe(callOf(backend, BODY))).toMatchObject({ headers: [] });
  });

  it('does not agree: a primary says so', async () => {
    const backend = new FakeBackend({ settings, status: primaryStatus() });
    backend.accepts = false;
    expect(await postFailsafe(callOf(backend, BODY))).toMatchObject({
      status: 500,
      body: 'Running as a leader',
    });
    backend.says({ status: statusOf() });
    expect(await postFailsafe(callOf(backend, BODY))).toMatchObject({
      status: 500,
      body: 'Not accepted',
    });
  });

  it('is 502 without failsafe mode, 400 when it names no leader', async () => {
    expect((await postFailsafe(callOf(new FakeBackend(), BODY))).status).toBe(502);
    const backend = new FakeBackend({ settings });
    expect((await postFailsafe(callOf(backend, { name: 'pg1' }))).status).toBe(400);
    expect((await postFailsafe(callOf(backend, 411))).status).toBe(411);
    expect(backend.messages).toEqual([]);
  });
});
