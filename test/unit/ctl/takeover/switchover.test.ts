import { describe, expect, it } from 'vitest';
import type { Result } from '../../../../src/ctl/result.ts';
import { type SwitchoverOptions, switchover } from '../../../../src/ctl/takeover/switchover.ts';
import { DcsError, Refusal } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { inGroups } from '../fake-session.ts';
import { demoWorld, handOver, PRIMARY, REPLICA, type World } from './demo-world.ts';

const OPTIONS: SwitchoverOptions = {
  cluster: 'demo',
  group: undefined,
  leader: undefined,
  candidate: undefined,
  scheduled: undefined,
  force: true,
  dryRun: false,
  wait: true,
  timeout: undefined,
};
const SUCCESS = { status: 200, body: 'Successfully switched over to "pg2"' };

async function run(world: World, options: Partial<SwitchoverOptions> = {}) {
  const result = await switchover(world.session, { ...OPTIONS, ...options });
  expectSchema('switchover', result);
  return result as Result<Record<string, unknown>>;
}

async function refusal(world: World, options: Partial<SwitchoverOptions> = {}): Promise<Refusal> {
  const error = await switchover(world.session, { ...OPTIONS, ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refusal);
  expect(world.orders).toEqual([]);
  return error as Refusal;
}

describe('a switchover that goes well', () => {
  it('is asked of the leader once, followed until all have rejoined, and printed', async () => {
    const world = demoWorld({ onPost: (w) => handOver(w, { answer: SUCCESS }) });
    const result = await run(world, { candidate: 'pg2' });
    expect(world.orders).toEqual([
      { member: 'pg1', path: 'switchover', body: { leader: 'pg1', candidate: 'pg2' } },
    ]);
    expect(result.outcome).toBe('done');
    expect(result.data).toMatchObject({
      leader: 'pg1',
      newLeader: 'pg2',
      timeline: 2,
      promoted: true,
      oldLeaderRejoined: true,
      notFollowing: [],
      sentTo: 'member',
    });
    const out = world.session.stdout.join('\n');
    expect(out).toMatch(/^Current cluster topology\n\+ Cluster: demo/);
    const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{5}`;
    expect(out).toMatch(new RegExp(`^${stamp} Successfully switched over to "pg2"$`, 'm'));
    // The documents in the DCS are still those of before: the table shows what the members say.
    expect(world.session.stdout.at(-1)).toMatch(/\| pg2 .*Leader .*running .*\| {2}2 \|/);
    expect(world.session.stdout.at(-1)).toMatch(/\| pg1 .*Replica .*streaming .*\| {2}2 \|/);
    const steps = world.session.stderr.join('\n');
    expect(steps).toMatch(/^0\.0 s: waiting for pg1 to step down$/m);
    expect(steps).toContain('pg1 has stepped down, waiting for a new leader');
    expect(steps).toContain('pg2 holds the leader lock and is being promoted');
    expect(steps).toContain('pg2 leads on timeline 2, all members follow');
  });

  it('tells for how long writes were not possible', async () => {
    const world = demoWorld({ onPost: (w) => handOver(w, { answer: SUCCESS }) });
    const { data } = await run(world, { candidate: 'pg2' });
    // From 0.5 s to 2.3 s; an answer takes up to 0.2 s of this clock.
    expect(data.writeOutageMs).toBeGreaterThanOrEqual(1800);
    expect(data.writeOutageMs).toBeLessThanOrEqual(2700);
    expect(world.session.stdout.join('\n')).toContain(
      `Writes were not possible for about ${data.writeOutageMs} ms (as the members reported it)`,
    );
  });

  it('says so when it could not see that', async () => {
    const says = { pg1: 'no route to host', pg2: 'no route to host', pg3: 'no route to host' };
    const world = demoWorld({
      says,
      onPost: (w) => {
        const reply = handOver(w, { answer: SUCCESS });
        w.after(2400, () => {
          w.says.pg2 = 'no route to host';
          w.set('members/pg2', { role: 'primary', state: 'running', timeline: 2 });
        });
        return reply;
      },
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.outcome).toBe('done');
    expect(result.data.writeOutageMs).toBeNull();
    expect(world.session.stderr.join('\n')).toContain('could not be seen');
  });

  it('needs no candidate; says before whom Patroni may choose', async () => {
    const world = demoWorld({
      answers: ['', '', 'now', true],
      onPost: (w) => handOver(w, { to: 'pg3', answer: SUCCESS }),
    });
    const result = await run(world, { force: false });
    expect(result.outcome).toBe('done');
    expect(result.data.newLeader).toBe('pg3');
    expect(world.orders[0]?.body).toEqual({ leader: 'pg1' });
    expect(world.session.stderr.join('\n')).toContain(
      'No candidate is named: Patroni will choose one of pg2, pg3',
    );
  });

  it('goes to /failover where /switchover is not known yet', async () => {
    const world = demoWorld({
      onPost: (w) =>
        w.orders.length === 1
          ? { status: 501, body: 'Server does not support this operation' }
          : handOver(w, { answer: SUCCESS }),
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.outcome).toBe('done');
    expect(world.orders.map(({ path }) => path)).toEqual(['switchover', 'failover']);
  });
});

describe('the end is seen, not believed', () => {
  it.each([
    'Switchover status unknown',
    'Switchover failed',
    'failed to write failover key into DCS',
  ])('a 503 "%s" that is followed by a new leader is a success', async (body) => {
    const world = demoWorld({ onPost: (w) => handOver(w, { answer: { status: 503, body } }) });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.outcome).toBe('done');
    expect(result.data.newLeader).toBe('pg2');
  });

  it('a lost answer is no second request: what is seen counts', async () => {
    const world = demoWorld({
      onPost: (w) => {
        void handOver(w);
        throw new RestError('broken', 'connection reset');
      },
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.outcome).toBe('done');
    expect(world.orders).toHaveLength(1);
    expect(world.session.warnings).toEqual([]);
  });

  it('an answer that never comes does not matter either', async () => {
    const world = demoWorld({ onPost: (w) => handOver(w) });
    expect((await run(world, { candidate: 'pg2' })).outcome).toBe('done');
  });

  it('no answer and no sign of it: unknown, not failed', async () => {
    const world = demoWorld({
      onPost: () => {
        throw new RestError('timeout', 'no answer within 30 s');
      },
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'no-answer' } });
    expect(world.session.documents.has('failover')).toBe(false);
  });

  it.each(['Switchover failed', 'failed to write failover key into DCS'])(
    'a 503 "%s" with the same leader and no request left is a failure',
    async (body) => {
      const world = demoWorld({ onPost: () => ({ status: 503, body }) });
      const result = await run(world, { candidate: 'pg2' });
      expect(result).toMatchObject({
        outcome: 'failed',
        error: { code: 'switchover-failed', message: `Switchover failed, details: 503, ${body}` },
      });
      expect(result.data.newLeader).toBeNull();
    },
  );

  it('a DCS that fell silent is no sign of a failure: what was read before says nothing', async () => {
    const world = demoWorld({
      onPost: () => ({ status: 503, body: 'Switchover status unknown' }),
    });
    const dcs = await world.session.dcs('demo');
    const { read } = dcs;
    let reads = 0;
    dcs.read = async (signal) => {
      if (++reads > 2) throw new DcsError('etcd does not answer');
      return read.call(dcs, signal);
    };
    const result = await run(world, { candidate: 'pg2', timeout: 20 });
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'timeout' } });
  });

  it('somebody else than the one who was named is an outcome of its own', async () => {
    const answer = { status: 200, body: 'Switched over to "pg3" instead of "pg2"' };
    const world = demoWorld({ onPost: (w) => handOver(w, { to: 'pg3', answer }) });
    const result = await run(world, { candidate: 'pg2' });
    expect(result).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'other-candidate-promoted',
        message: 'Switched over to "pg3" instead of "pg2"',
      },
    });
    expect(result.data.newLeader).toBe('pg3');
    expect(world.session.stdout.join('\n')).toContain('Switched over to "pg3" instead of "pg2"');
  });

  it('no end within the time: unknown, and where it stands', async () => {
    const world = demoWorld({
      onPost: (w) => {
        w.set('failover', { leader: 'pg1', member: 'pg2' });
        return { status: 503, body: 'Switchover status unknown' };
      },
    });
    const result = await run(world, { candidate: 'pg2', timeout: 7 });
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'timeout' } });
    expect(result.error?.message).toBe(
      'The switchover has not ended after 7 s: waiting for pg1 to step down',
    );
  });

  it('an old leader that does not return: unknown, and who is missing', async () => {
    const world = demoWorld({
      onPost: (w) => handOver(w, { answer: SUCCESS, oldReturns: false }),
    });
    const result = await run(world, { candidate: 'pg2', timeout: 20 });
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'not-rejoined' } });
    expect(result.error?.message).toContain('pg2 is the new leader');
    expect(result.error?.message).toContain('pg1');
    expect(result.data).toMatchObject({ newLeader: 'pg2', oldLeaderRejoined: false });
  });

  it('follows through a DCS that is silent for a while', async () => {
    const world = demoWorld({ onPost: (w) => handOver(w, { answer: SUCCESS }) });
    const dcs = await world.session.dcs('demo');
    const { read } = dcs;
    let reads = 0;
    dcs.read = async (signal) => {
      if (++reads > 1 && reads < 8) throw new DcsError('etcd does not answer');
      return read.call(dcs, signal);
    };
    expect((await run(world, { candidate: 'pg2' })).outcome).toBe('done');
  });
});

describe('a request that is refused', () => {
  it.each([
    [412, 'candidate name does not match with sync_standby', 'switchover-refused'],
    [400, '', 'switchover-refused'],
    [401, 'no auth header received', 'access-denied'],
    [403, 'Access is denied', 'access-denied'],
  ])('%i fails with the words of the member', async (status, body, code) => {
    const world = demoWorld({ onPost: () => ({ status, body }) });
    const result = await run(world, { candidate: 'pg2' });
    expect(result).toMatchObject({ outcome: 'failed', error: { code } });
    expect(result.error?.message).toBe(
      `Switchover failed, details: ${[status, body].filter(Boolean).join(', ')}`,
    );
    expect(result.data.answer).toEqual({ status, text: body });
    if (code === 'access-denied') expect(result.error?.hint).toContain('ctl.authentication');
    expect(world.session.documents.has('failover')).toBe(false);
  });

  it('cannot steer the terminal', async () => {
    const world = demoWorld({ onPost: () => ({ status: 412, body: '\u001b]0;x\u0007\nok' }) });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.error?.message).toBe('Switchover failed, details: 412, \\x1b]0;x\\x07\\nok');
  });
});

describe('the way through the DCS', () => {
  const refused = () => {
    throw new RestError('refused', 'connection refused');
  };

  it('is taken only when the request surely did not get through, and is said', async () => {
    const world = demoWorld({
      onPost: (w) => {
        const seen = w.session.documents;
        w.after(1000, () => {
          expect(JSON.parse(seen.get('failover')?.value ?? '')).toEqual({
            leader: 'pg1',
            member: 'pg2',
          });
          void handOver(w);
        });
        return refused();
      },
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.outcome).toBe('done');
    expect(result.data.sentTo).toBe('dcs');
    expect(world.session.warnings[0]).toContain(
      'Could not switchover using Patroni api, falling back to DCS',
    );
  });

  it('replaces an old document only if it is still the one that was read', async () => {
    const world = demoWorld({
      failover: {},
      onPost: (w) => {
        w.set('failover', { leader: 'pg1', member: 'pg3' });
        return refused();
      },
    });
    const attempt = switchover(world.session, { ...OPTIONS, candidate: 'pg2' });
    await expect(attempt).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(world.session.documents.get('failover')?.value).toContain('pg3');
  });

  it('writes the key of the coordinator where a Citus group was not named', async () => {
    const world = demoWorld({ onPost: refused });
    const groups = inGroups(world.session);
    await run(world, { candidate: 'pg2', timeout: 1 });
    expect(groups.writes).toEqual([0]);
  });

  it('is not taken when another one leads meanwhile', async () => {
    const world = demoWorld({
      onPost: (w) => {
        w.set('leader', 'pg3');
        return refused();
      },
    });
    const attempt = switchover(world.session, { ...OPTIONS, candidate: 'pg2' });
    await expect(attempt).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(world.session.documents.has('failover')).toBe(false);
  });

  it('fails when the members take the request away and do nothing', async () => {
    const world = demoWorld({
      failover: {},
      onPost: (w) => {
        w.after(1000, () => w.set('failover', '{}'));
        return refused();
      },
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'switchover-failed' } });
  });
});

describe('what cannot be done is refused before anything is asked or sent', () => {
  it.each([
    [{ leader: 'pg2' }, 'Member pg2 is not the leader of cluster demo'],
    [{ candidate: 'pg1' }, 'Member pg1 is already the leader of cluster demo'],
    [
      { candidate: 'pg22' },
      'Member pg22 does not exist in cluster demo or is tagged as nofailover',
    ],
    [{ scheduled: '2020-01-01T00:00Z' }, 'Cannot schedule switchover in the past'],
    [
      { scheduled: 'soon' },
      'Unable to parse scheduled timestamp (soon). ' +
        'It should be in an unambiguous format (e.g. ISO 8601)',
    ],
  ])('%j', async (options, message) => {
    expect((await refusal(demoWorld(), options)).message).toBe(message);
  });

  it('suggests the nearest name', async () => {
    expect((await refusal(demoWorld(), { candidate: 'pg22' })).hint).toBe('did you mean "pg2"?');
  });

  it('a cluster without a leader', async () => {
    const error = await refusal(demoWorld({ leaderless: true }));
    expect(error.message).toBe('This cluster has no leader');
  });

  it('a candidate that lags too much, which Patroni finds only after it has begun', async () => {
    const late = { ...REPLICA, xlog: { received_location: 0, replayed_location: 0 } };
    const says = { pg1: { ...PRIMARY, xlog: { location: 9_000_000 } }, pg2: late };
    const world = demoWorld({ says, config: { maximum_lag_on_failover: 4000 } });
    const error = await refusal(world, { candidate: 'pg2' });
    expect(error.code).toBe('candidate-cannot');
    expect(error.message).toMatch(/^Member pg2 cannot take over: lag of .* is over maximum_lag/);
  });

  it('one that does not answer while others do', async () => {
    const world = demoWorld({ says: { pg2: 'connection refused' } });
    const error = await refusal(world, { candidate: 'pg2' });
    expect(error.message).toBe(
      'Member pg2 cannot take over: its REST API does not answer (connection refused)',
    );
  });

  it('one that is not synchronous, with the way to go', async () => {
    const sync = { leader: 'pg1', sync_standby: 'pg3', quorum: 0 };
    const world = demoWorld({ config: { synchronous_mode: true }, sync });
    const error = await refusal(world, { candidate: 'pg2' });
    expect(error.message).toBe('Member pg2 cannot take over: not a synchronous standby');
    expect(error.hint).toContain('pgherd failover');
  });

  it('a schedule, and any candidate, in a paused cluster', async () => {
    const paused = { config: { pause: true } };
    const scheduled = '2030-01-01T00:00Z';
    expect((await refusal(demoWorld(paused), { candidate: 'pg2', scheduled })).message).toBe(
      "Can't schedule switchover in the paused state",
    );
    expect((await refusal(demoWorld(paused))).message).toBe(
      'Switchover is possible only to a specific candidate in a paused state',
    );
  });

  it('with nobody who could take over, each with the reason', async () => {
    const world = demoWorld({ says: { pg2: 'refused', pg3: { ...REPLICA, state: 'stopped' } } });
    const error = await refusal(world);
    expect(error.message).toContain('pg2: its REST API does not answer (refused)');
    expect(error.message).toContain('pg3: PostgreSQL is not running (stopped)');
  });

  it('without a terminal: all flags that are missing, before the DCS is read', async () => {
    const world = demoWorld();
    world.session.dcs = async () => {
      throw new Error('the DCS was asked');
    };
    const error = await refusal(world, { force: false, candidate: 'pg2' });
    expect(error.message).toContain('--leader, --scheduled, --force');
    expect(error.message).not.toContain('--candidate');
  });
});

describe('the questions', () => {
  it('are those of patronictl, in its order', async () => {
    const world = demoWorld({
      answers: ['', 'pg2', '', true],
      onPost: (w) => handOver(w, { answer: SUCCESS }),
    });
    expect((await run(world, { force: false })).outcome).toBe('done');
    expect(world.session.questions.map(({ message }) => message)).toEqual([
      'Primary',
      "Candidate ['pg2', 'pg3']",
      expect.stringMatching(
        /^When should the switchover take place \(e\.g\. \d{4}-\d\d-\d\dT\d\d:\d\d \) $/,
      ),
      'Are you sure you want to switchover cluster demo, demoting current leader pg1?',
    ]);
    // The table of candidates is talk, and comes before the question.
    expect(world.session.stderr[0]).toContain('| Can take over |');
  });

  it('end with a no', async () => {
    const world = demoWorld({ answers: ['', 'pg2', 'now', false] });
    expect((await refusal(world, { force: false })).message).toBe('Aborting switchover');
  });

  it('ask for the standby leader in a standby cluster, and for a Citus group', async () => {
    const world = demoWorld({
      answers: ['0', 'pg9'],
      config: { standby_cluster: { host: '10.1.1.1' } },
      settings: { citus: { group: 0, database: 'citus' } },
    });
    const error = await refusal(world, { force: false });
    expect(world.session.questions.map(({ message }) => message)).toEqual([
      'Citus group',
      'Standby Leader',
    ]);
    expect(error.message).toBe('Member pg9 is not the leader of cluster demo');
    const forced = demoWorld({ settings: { citus: { group: 0, database: 'citus' } } });
    expect((await refusal(forced)).message).toBe(
      'For Citus clusters the --group must be specified',
    );
  });

  it('warn of what speaks against the candidate', async () => {
    const world = demoWorld({
      answers: ['', 'pg2', 'now', false],
      says: { pg2: { ...REPLICA, replication_state: 'in archive recovery' } },
    });
    await refusal(world, { force: false });
    expect(world.session.warnings).toEqual(['pg2: not streaming (in archive recovery)']);
  });
});

describe('a scheduled switchover', () => {
  const scheduled = '2026-02-01T03:00:00+01:00';
  const accepted = () => ({ status: 202, body: 'Switchover scheduled' });

  it('is printed, and not followed', async () => {
    const world = demoWorld({ answers: [true], onPost: accepted });
    const given = { leader: 'pg1', candidate: 'pg2', scheduled, force: false };
    const result = await run(world, given);
    expect(result.outcome).toBe('done');
    expect(result.data.scheduledAt).toBe('2026-02-01T02:00:00Z');
    expect(world.orders[0]?.body).toEqual({
      leader: 'pg1',
      candidate: 'pg2',
      scheduled_at: '2026-02-01T03:00:00+01:00',
    });
    expect(world.session.questions.map(({ message }) => message)).toEqual([
      'Are you sure you want to schedule switchover of cluster demo at ' +
        '2026-02-01T03:00:00+01:00, demoting current leader pg1?',
    ]);
    expect(world.session.stderr.join('\n')).toContain('2026-02-01T02:00:00Z');
    expect(world.session.stdout.join('\n')).toContain(' Switchover scheduled');
  });

  it('ends with a no', async () => {
    const world = demoWorld({ answers: [false] });
    const given = { leader: 'pg1', candidate: 'pg2', scheduled, force: false };
    expect((await refusal(world, given)).message).toBe('Aborting scheduled switchover');
  });

  it('may have a candidate that cannot take over today', async () => {
    const world = demoWorld({ says: { pg2: 'refused' }, onPost: accepted });
    expect((await run(world, { candidate: 'pg2', scheduled })).outcome).toBe('done');
  });

  it('says that it replaces another one', async () => {
    const failover = { leader: 'pg1', scheduled_at: '2026-03-01T00:00:00+00:00' };
    const world = demoWorld({ failover, onPost: accepted });
    await run(world, { scheduled });
    expect(world.session.warnings[0]).toContain('2026-03-01T00:00:00+00:00');
  });

  it('is looked for when the answer is lost, or leaves it open', async () => {
    const body = 'failed to write failover key into DCS';
    const lost = (found: boolean, answers: boolean) =>
      demoWorld({
        onPost: (w) => {
          if (found) w.set('failover', { leader: 'pg1', member: 'pg2', scheduled_at: scheduled });
          if (answers) return { status: 503, body };
          throw new RestError('timeout', 'no answer');
        },
      });
    const options = { candidate: 'pg2', scheduled };
    expect((await run(lost(true, false), options)).outcome).toBe('done');
    expect((await run(lost(false, false), options)).outcome).toBe('unknown');
    expect((await run(lost(true, true), options)).outcome).toBe('done');
    expect((await run(lost(false, true), options)).outcome).toBe('unknown');
  });
});

describe('--no-wait', () => {
  it.each([
    [SUCCESS, 'done'],
    [{ status: 503, body: 'Switchover status unknown' }, 'unknown'],
    [{ status: 200, body: 'Switched over to "pg3" instead of "pg2"' }, 'failed'],
    [{ status: 412, body: 'candidate does not exists' }, 'failed'],
  ] as const)('ends with the answer: %j is %s', async (answer, outcome) => {
    const world = demoWorld({ onPost: () => answer });
    const result = await run(world, { candidate: 'pg2', wait: false });
    expect(result.outcome).toBe(outcome);
    expect(result.data.elapsedMs).toBeNull();
  });
});

describe('--dry-run', () => {
  it('shows who can take over, and sends and asks nothing', async () => {
    const world = demoWorld({ says: { pg3: { ...REPLICA, watchdog_failed: true } } });
    const result = await run(world, { dryRun: true, force: false, candidate: 'pg2' });
    expect(result.outcome).toBe('done');
    expect(world.orders).toEqual([]);
    const out = world.session.stdout.join('\n');
    expect(out).toMatch(/\| pg2 +\| yes/);
    expect(out).toMatch(/\| pg3 +\| no .*its watchdog does not work/);
    expect(out).toContain('a switchover of cluster demo from pg1 to pg2 would be asked for');
    expect(result.data.candidates).toMatchObject([
      { member: 'pg2', canTakeOver: true },
      {
        member: 'pg3',
        canTakeOver: false,
        reasons: [{ code: 'watchdog-failed', blocks: true }],
      },
    ]);
  });

  it('fails, with the data, when the request would be refused', async () => {
    const world = demoWorld({ says: { pg3: { ...REPLICA, watchdog_failed: true } } });
    const result = await run(world, { dryRun: true, candidate: 'pg3' });
    expect(result).toMatchObject({
      outcome: 'failed',
      exitCode: 1,
      error: { code: 'candidate-cannot' },
    });
    expect(result.data.candidates).toHaveLength(2);
  });
});

describe('Ctrl-C', () => {
  it('during the wait says that it may still be going on', async () => {
    const controller = new AbortController();
    const world = demoWorld({
      signal: controller.signal,
      onPost: (w) => {
        w.after(1000, () => controller.abort(new Error('SIGINT')));
        return handOver(w);
      },
    });
    const attempt = switchover(world.session, { ...OPTIONS, candidate: 'pg2' });
    await expect(attempt).rejects.toMatchObject({
      name: 'Interrupted',
      message:
        'Interrupted: the switchover of cluster demo may still be going on; ' +
        'pgherd list demo shows it',
    });
  });
});

describe('--json', () => {
  it('says nothing on stdout but the envelope', async () => {
    const world = demoWorld({
      json: true,
      onPost: (w) => handOver(w, { answer: SUCCESS }),
    });
    const result = await run(world, { candidate: 'pg2' });
    expect(result.data.newLeader).toBe('pg2');
  });
});
