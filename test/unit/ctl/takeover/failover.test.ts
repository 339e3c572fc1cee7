import { describe, expect, it } from 'vitest';
import type { Result } from '../../../../src/ctl/result.ts';
import { type FailoverOptions, failover } from '../../../../src/ctl/takeover/failover.ts';
import { Refusal } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoWorld, handOver, PRIMARY, REPLICA, type World } from './demo-world.ts';

const OPTIONS: FailoverOptions = {
  cluster: 'demo',
  group: undefined,
  candidate: 'pg2',
  force: true,
  dryRun: false,
  wait: true,
  timeout: undefined,
};
const SYNC = { leader: 'pg1', sync_standby: 'pg3', quorum: 0 };

async function run(world: World, options: Partial<FailoverOptions> = {}) {
  const result = await failover(world.session, { ...OPTIONS, ...options });
  expectSchema('failover', result);
  return result as Result<Record<string, unknown>>;
}

async function refusal(world: World, options: Partial<FailoverOptions> = {}): Promise<Refusal> {
  const error = await failover(world.session, { ...OPTIONS, ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refusal);
  expect(world.orders).toEqual([]);
  return error as Refusal;
}

/** pg2 takes over after 2 s; nobody else returns. */
function promote(world: World) {
  world.after(2000, () => world.set('leader', 'pg2'));
  world.after(2300, () => {
    world.says.pg2 = { ...PRIMARY, timeline: 2 };
  });
  world.after(3000, () => {
    world.says.pg3 = { ...REPLICA, timeline: 2 };
  });
  return { status: 200, body: 'Successfully failed over to "pg2"' };
}

describe('failover', () => {
  it('is asked of a leader that works, without naming it', async () => {
    const answer = { status: 200, body: 'Successfully failed over to "pg2"' };
    const world = demoWorld({ onPost: (w) => handOver(w, { answer }) });
    const result = await run(world);
    expect(world.orders).toEqual([{ member: 'pg1', path: 'failover', body: { candidate: 'pg2' } }]);
    expect(result.outcome).toBe('done');
    expect(world.session.stdout.join('\n')).toContain(' Successfully failed over to "pg2"');
  });

  it('is asked of the candidate when nobody leads', async () => {
    const world = demoWorld({ leaderless: true, onPost: promote });
    world.says.pg1 = 'connection refused';
    const result = await run(world);
    expect(world.orders[0]?.member).toBe('pg2');
    expect(result.outcome).toBe('done');
    expect(result.data).toMatchObject({
      leader: null,
      newLeader: 'pg2',
      oldLeaderRejoined: null,
      writeOutageMs: null,
    });
  });

  it('does not wait for the return of a leader that was dead before', async () => {
    const world = demoWorld({
      says: { pg1: 'connection refused' },
      onPost: (w) => {
        w.after(100, () => void promote(w));
        throw new RestError('refused', 'connection refused');
      },
    });
    const result = await run(world);
    expect(result.outcome).toBe('done');
    expect(result.data).toMatchObject({ sentTo: 'dcs', oldLeaderRejoined: null });
    // Its agent may be dead while its PostgreSQL still is a primary.
    expect(world.session.warnings.at(-1)).toContain(
      'make sure that its PostgreSQL does not accept',
    );
  });

  it('goes to a silent or late member when the leader does not answer, with a warning', async () => {
    const late = { ...REPLICA, xlog: { received_location: 0, replayed_location: 0 } };
    const world = demoWorld({
      says: { pg1: 'no answer', pg2: late },
      config: { maximum_lag_on_failover: 1000 },
      onPost: promote,
    });
    expect((await run(world)).outcome).toBe('done');
    expect(world.session.warnings.join()).toMatch(/pg2: lag of .* is over maximum_lag/);
    const silent = demoWorld({ says: { pg1: 'no answer', pg2: 'no answer' }, onPost: promote });
    expect((await run(silent)).outcome).toBe('done');
    expect(silent.session.warnings.join()).toContain('its REST API does not answer');
  });

  it('asks patronictl’s questions: candidate, consent to lose data, confirmation', async () => {
    const world = demoWorld({
      answers: ['pg2', true, true],
      config: { synchronous_mode: true },
      sync: SYNC,
      onPost: promote,
    });
    world.says.pg1 = PRIMARY;
    await run(world, { candidate: undefined, force: false, wait: false });
    expect(world.session.questions.map(({ message }) => message)).toEqual([
      "Candidate ['pg2', 'pg3']",
      'Are you sure you want to failover to the asynchronous node pg2?',
      'Are you sure you want to failover cluster demo, demoting current leader pg1?',
    ]);
  });

  it('asks for no consent when the candidate is synchronous, or led last', async () => {
    const config = { synchronous_mode: true };
    const standby = demoWorld({ answers: [false], config, sync: SYNC });
    const confirm = await refusal(standby, { candidate: 'pg3', force: false });
    expect(confirm.message).toBe('Aborting failover');
    expect(standby.session.questions).toHaveLength(1);
    const last = demoWorld({ answers: [false], config, sync: SYNC, leaderless: true });
    await refusal(last, { candidate: 'pg1', force: false });
    expect(last.session.questions.map(({ message }) => message)).toEqual([
      'Are you sure you want to failover cluster demo?',
    ]);
  });

  it('stops when the consent is not given', async () => {
    const config = { synchronous_mode: true };
    const world = demoWorld({ answers: [false], config, sync: SYNC });
    expect((await refusal(world, { force: false })).message).toBe('Aborting failover');
  });

  it('needs a candidate', async () => {
    const error = await refusal(demoWorld(), { candidate: undefined });
    expect(error.message).toBe('Failover could be performed only to a specific candidate');
    const asked = demoWorld({ answers: [''] });
    const empty = await refusal(asked, { candidate: undefined, force: false });
    expect(empty.code).toBe('candidate-missing');
  });

  it('refuses a member tagged nofailover, whatever the leader does', async () => {
    const world = demoWorld({
      leaderless: true,
      members: { pg2: { tags: { nofailover: true } } },
    });
    const error = await refusal(world);
    expect(error.message).toBe(
      'Member pg2 does not exist in cluster demo or is tagged as nofailover',
    );
    expect(error.hint).toBe('pg2 is there, with the tag');
  });
});
