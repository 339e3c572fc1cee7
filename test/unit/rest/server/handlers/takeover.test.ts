import { describe, expect, it } from 'vitest';
import { DcsError } from '../../../../../src/model/errors.ts';
import type { Json } from '../../../../../src/model/json.ts';
import type { MemberReport, NodeStatus } from '../../../../../src/model/node-status.ts';
import {
  deleteSwitchover,
  postFailover,
  postSwitchover,
} from '../../../../../src/rest/server/handlers/takeover.ts';
import { callOf } from '../call-of.ts';
import { documentsOf, FakeBackend, primaryStatus, statusOf } from '../fake-backend.ts';

type Body = Readonly<Record<string, Json>>;
type Documents = Readonly<Record<string, string | undefined>>;

const answer = (name: string, change: Partial<NodeStatus> = {}): MemberReport => ({
  ok: true,
  status: statusOf({ name, receivedLsn: 1000, replayedLsn: 1000, ...change }),
});

/** pg2 serves; pg1 leads; all are well. */
function worldOf(documents: Documents = {}, reports: FakeBackend['reports'] = {}): FakeBackend {
  const backend = new FakeBackend();
  backend.documents = documentsOf(documents);
  const pg1: MemberReport = { ok: true, status: primaryStatus({ name: 'pg1' }) };
  backend.reports = { pg1, pg3: answer('pg3'), ...reports };
  return backend;
}

const switchover = (backend: FakeBackend, body: Body) => postSwitchover(callOf(backend, body));
const failover = (backend: FakeBackend, body: Body) => postFailover(callOf(backend, body));

const LATER = '2026-11-24T01:00:00+01:00';
const PAUSED = { config: '{"pause":true}' };
const SYNC = { config: '{"synchronous_mode":true}', sync: '{"leader":"pg1","sync_standby":"pg2"}' };
const NO_SYNC = {
  config: '{"synchronous_mode":true}',
  sync: '{"leader":"pg1","sync_standby":null}',
};
const LONELY = { 'members/pg2': undefined, 'members/pg3': undefined };

describe('a request that cannot be carried out', () => {
  it.each<[string, Body, Documents, number, string]>([
    [
      'switchover',
      { candidate: 'pg2' },
      {},
      400,
      'Switchover could be performed only from a specific leader',
    ],
    [
      'failover',
      { leader: 'pg1' },
      {},
      400,
      'Failover could be performed only to a specific candidate',
    ],
    ['failover', { candidate: 'pg2', scheduled_at: LATER }, {}, 400, "Failover can't be scheduled"],
    [
      'failover',
      { candidate: 'pg2', leader: 'pg1', scheduled_at: LATER },
      {},
      400,
      "Failover can't be scheduled",
    ],
    [
      'switchover',
      { leader: 'pg1', scheduled_at: LATER },
      PAUSED,
      400,
      "Can't schedule switchover in the paused state",
    ],
    [
      'switchover',
      { leader: 'pg1', scheduled_at: '2026-12-01T00:00:00' },
      {},
      400,
      'Timezone information is mandatory for the scheduled switchover',
    ],
    [
      'switchover',
      { leader: 'pg1', scheduled_at: '2020-01-01T00:00:00Z' },
      {},
      422,
      'Cannot schedule switchover in the past',
    ],
    [
      'switchover',
      { leader: 'pg1', scheduled_at: 'soon' },
      {},
      422,
      'Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601',
    ],
    [
      'switchover',
      { leader: 'pg1' },
      PAUSED,
      400,
      'Switchover is possible only to a specific candidate in a paused state',
    ],
    [
      'switchover',
      { leader: 'pg1', candidate: 'pg1' },
      {},
      400,
      'Switchover target and source are the same',
    ],
    [
      'failover',
      { leader: 'pg1', candidate: 'pg1' },
      {},
      400,
      'Switchover target and source are the same',
    ],
    ['switchover', { leader: 'pg3', candidate: 'pg2' }, {}, 412, 'leader name does not match'],
    [
      'switchover',
      { leader: 'pg1', candidate: 'pg2' },
      { leader: undefined },
      412,
      'leader name does not match',
    ],
    ['switchover', { leader: 'pg1', candidate: 'pg9' }, {}, 412, 'candidate does not exists'],
    ['failover', { candidate: 'pg9' }, {}, 412, 'candidate does not exists'],
    [
      'switchover',
      { leader: 'pg1', candidate: 'pg3' },
      SYNC,
      412,
      'candidate name does not match with sync_standby',
    ],
    [
      'switchover',
      { leader: 'pg1', candidate: 'pg9' },
      SYNC,
      412,
      'candidate name does not match with sync_standby',
    ],
    [
      'switchover',
      { leader: 'pg1' },
      NO_SYNC,
      412,
      'switchover is not possible: can not find sync_standby',
    ],
    [
      'switchover',
      { leader: 'pg1' },
      LONELY,
      412,
      'switchover is not possible: cluster does not have members except leader',
    ],
    [
      'failover',
      { candidate: 'pg1' },
      {},
      412,
      'failover is not possible: no good candidates have been found',
    ],
  ])('%s %j with %j → %i', async (kind, body, documents, status, text) => {
    const backend = worldOf(documents);
    const reply = await (kind === 'switchover' ? switchover : failover)(backend, body);
    expect(reply).toMatchObject({ status, body: text });
    expect(backend.writes).toEqual([]);
  });

  const NOBODY = {
    status: 412,
    body: 'switchover is not possible: no good candidates have been found',
  };

  it.each<[string, MemberReport, Documents]>([
    ['does not answer', { ok: false, failure: 'x' }, {}],
    ['must not lead', answer('pg3', { tags: { nofailover: true } }), {}],
    ['has no watchdog', answer('pg3', { watchdogFailed: true }), {}],
    // Patroni sees this only when it is too late, and answers 503 then.
    [
      'lags',
      answer('pg3', { receivedLsn: 1000, replayedLsn: 1000 }),
      { status: '{"optime":9000000}' },
    ],
  ])('a candidate that %s', async (_, report, documents) => {
    const backend = worldOf(documents, { pg3: report });
    expect(await switchover(backend, { leader: 'pg1', candidate: 'pg3' })).toMatchObject(NOBODY);
    expect(backend.writes).toEqual([]);
  });

  it('members of which none can', async () => {
    const no = { tags: { nofailover: true } };
    const backend = worldOf({}, { pg3: answer('pg3', no) });
    backend.says({ status: statusOf(no) });
    expect(await switchover(backend, { leader: 'pg1' })).toMatchObject(NOBODY);
    const tagged = (name: string) =>
      JSON.stringify({ api_url: `http://${name}:8008`, state: 'running', ...no });
    const published = worldOf({ 'members/pg2': tagged('pg2'), 'members/pg3': tagged('pg3') });
    expect(await switchover(published, { leader: 'pg1' })).toMatchObject(NOBODY);
  });

  it('asks the one that is named, and the leader; itself it knows', async () => {
    const backend = worldOf({}, { pg3: { ok: false, failure: 'x' } });
    await switchover(backend, { leader: 'pg1', candidate: 'pg3' });
    expect(backend.asked.sort()).toEqual(['pg1', 'pg3']);
    const other = worldOf(NO_SYNC);
    await switchover(other, { leader: 'pg1' });
    expect(other.asked.sort()).toEqual(['pg1', 'pg3']);
  });

  it('without the store', async () => {
    const backend = worldOf();
    backend.down = true;
    await expect(switchover(backend, { leader: 'pg1' })).rejects.toThrow(DcsError);
    expect((await postSwitchover(callOf(backend, 411))).status).toBe(411);
  });
});

describe('a request that is written', () => {
  it('for later is not checked further, as in Patroni', async () => {
    const backend = worldOf();
    const body = { leader: 'pg1', candidate: 'pg9', scheduled_at: LATER };
    expect(await switchover(backend, body)).toMatchObject({
      status: 202,
      body: 'Switchover scheduled',
    });
    expect(backend.writes).toEqual([
      {
        name: 'failover',
        value: `{"leader":"pg1","member":"pg9","scheduled_at":"${LATER}"}`,
        guard: 'any',
        asLeader: false,
        withSession: false,
      },
    ]);
    expect(backend.wakes).toBe(1);
    expect(backend.asked).toEqual([]);
  });

  it.each([
    [async () => 'conflict'],
    [
      async () => {
        throw new DcsError('gone');
      },
    ],
  ])('but perhaps was not: 503', async (write) => {
    const backend = worldOf();
    Object.assign(backend.dcs, { write });
    expect(await switchover(backend, { leader: 'pg1', candidate: 'pg3' })).toMatchObject({
      status: 503,
      body: 'failed to write failover key into DCS',
    });
  });

  it('is logged with what was asked for', async () => {
    const backend = worldOf();
    await switchover(backend, { leader: 'pg3', candidate: 'pg\n2' });
    expect(backend.lines).toEqual([
      'info received switchover request with leader=pg3 candidate=pg\\n2 scheduled_at=None',
    ]);
  });
});

/** Lets all promises settle that can. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the end of a takeover', () => {
  it('is told when another one leads', async () => {
    const backend = worldOf();
    const reply = switchover(backend, { leader: 'pg1', candidate: 'pg3' });
    await settle();
    expect(backend.writes).toMatchObject([{ value: '{"leader":"pg1","member":"pg3"}' }]);
    backend.put('leader', undefined);
    backend.tick();
    await settle();
    backend.put('leader', 'pg3');
    backend.tick();
    expect(await reply).toMatchObject({
      status: 200,
      body: 'Successfully switched over to "pg3"',
    });
    expect(backend.waiting).toBe(0);
  });

  it('names who leads instead', async () => {
    const backend = worldOf();
    const reply = switchover(backend, { leader: 'pg1', member: 'pg3' });
    await settle();
    backend.put('leader', 'pg2');
    backend.tick();
    expect(await reply).toMatchObject({
      status: 200,
      body: 'Switched over to "pg2" instead of "pg3"',
    });
  });

  it('of a failover without a leader is the first who leads', async () => {
    const backend = worldOf({ leader: undefined });
    const reply = failover(backend, { candidate: 'pg3' });
    await settle();
    expect(backend.writes).toMatchObject([{ value: '{"member":"pg3"}' }]);
    backend.put('leader', 'pg3');
    backend.tick();
    expect(await reply).toMatchObject({ status: 200, body: 'Successfully failed over to "pg3"' });
  });

  it('with a leader in it a failover is a switchover', async () => {
    const backend = worldOf();
    const reply = failover(backend, { leader: 'pg1', candidate: 'pg3' });
    await settle();
    backend.put('leader', 'pg3');
    backend.tick();
    expect(await reply).toMatchObject({ body: 'Successfully switched over to "pg3"' });
  });

  it('is a failure when the request has gone and the leader has not, for a second', async () => {
    const backend = worldOf();
    const reply = switchover(backend, { leader: 'pg1', candidate: 'pg3' });
    let ended = false;
    void reply.then(() => {
      ended = true;
    });
    await settle();
    backend.put('failover', '{}');
    backend.tick();
    await settle();
    backend.now += 999;
    backend.tick();
    await settle();
    expect(ended).toBe(false);
    backend.now += 1;
    backend.tick();
    expect(await reply).toMatchObject({ status: 503, body: 'Switchover failed' });
  });

  it('is no failure while the lock changes hands, nor when a view was old', async () => {
    const backend = worldOf();
    const reply = switchover(backend, { leader: 'pg1', candidate: 'pg3' });
    await settle();
    const request = backend.documents.find(({ name }) => name === 'failover')?.value;
    backend.put('failover', undefined);
    backend.tick();
    await settle();
    backend.now += 5000;
    backend.put('failover', request);
    backend.tick();
    await settle();
    backend.put('failover', '{}');
    backend.put('leader', undefined);
    backend.now += 5000;
    backend.tick();
    await settle();
    backend.put('leader', 'pg3');
    backend.tick();
    expect((await reply).status).toBe(200);
  });

  it('does not mind a store that is silent for a while', async () => {
    const backend = worldOf();
    const reply = switchover(backend, { leader: 'pg1', candidate: 'pg3' });
    await settle();
    backend.down = true;
    backend.tick();
    await settle();
    backend.down = false;
    backend.put('leader', 'pg3');
    backend.tick();
    expect((await reply).status).toBe(200);
  });

  it('is not known after twice loop_wait, or 20 s', async () => {
    const backend = worldOf();
    const reply = switchover(backend, { leader: 'pg1', candidate: 'pg3' });
    await settle();
    backend.now += 20_000;
    backend.tick();
    expect(await reply).toMatchObject({
      status: 503,
      body: 'Switchover status unknown after 20 seconds; operation may still be in progress',
    });
  });

  it('is not waited for when the client has gone', async () => {
    const backend = worldOf();
    const gone = new AbortController();
    const call = callOf(backend, { leader: 'pg1', candidate: 'pg3' }, { gone: gone.signal });
    const reply = postSwitchover(call);
    await settle();
    gone.abort();
    expect((await reply).status).toBe(503);
    expect(backend.waiting).toBe(0);
    // What was written stays: it may be under way.
    expect(backend.writes).toHaveLength(1);
  });
});

describe('DELETE /switchover', () => {
  it('clears a schedule, against the version that was read', async () => {
    const backend = worldOf({ failover: `{"leader":"pg1","scheduled_at":"${LATER}"}` });
    expect(await deleteSwitchover(callOf(backend))).toMatchObject({
      status: 200,
      body: 'scheduled switchover deleted',
    });
    expect(backend.writes).toMatchObject([{ value: '{}', guard: { version: 'v-failover' } }]);
  });

  it.each([undefined, '{}', '{"leader":"pg1","member":"pg2"}'])(
    'finds none in %s',
    async (request) => {
      const backend = worldOf({ failover: request });
      expect(await deleteSwitchover(callOf(backend))).toMatchObject({
        status: 404,
        body: 'no switchover is scheduled',
      });
    },
  );

  it('is 409 when it was changed meanwhile', async () => {
    const backend = worldOf({ failover: `{"leader":"pg1","scheduled_at":"${LATER}"}` });
    Object.assign(backend.dcs, { write: async () => 'conflict' });
    expect((await deleteSwitchover(callOf(backend))).status).toBe(409);
  });
});
