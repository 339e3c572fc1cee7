import { describe, expect, it } from 'vitest';
import { drill } from '../../../../src/ctl/drill/drill.ts';
import type { DrillOptions } from '../../../../src/ctl/drill/options.ts';
import { Interrupted, Refusal } from '../../../../src/model/errors.ts';
import { SqlError } from '../../../../src/postgres/sql.ts';
import { expectSchema } from '../../schema.ts';
import { PRIMARY, REPLICA } from '../takeover/demo-world.ts';
import { type DrillWorld, drillWorld } from './drill-world.ts';

const OPTIONS: DrillOptions = {
  cluster: 'demo',
  group: undefined,
  candidate: undefined,
  back: false,
  probe: 'write',
  interval: '50ms',
  maxOutage: undefined,
  schema: undefined,
  format: 'text',
  timeout: undefined,
  dryRun: false,
  yes: true,
  confirm: 'demo',
  username: 'admin',
  database: 'app',
  askPassword: false,
};

async function run(world: DrillWorld, options: Partial<DrillOptions> = {}) {
  const result = await drill(world.session, { ...OPTIONS, ...options });
  expectSchema('drill', result);
  return result;
}

async function thrown(world: DrillWorld, options: Partial<DrillOptions> = {}): Promise<Error> {
  return drill(world.session, { ...OPTIONS, ...options }).then(
    () => new Error('it did not reject'),
    (error: unknown) => error as Error,
  );
}

/** One table was made, none is left, no session either, and no standby had to refuse anything. */
function expectClean({ postgres }: DrillWorld): void {
  expect(postgres.open.size).toBe(0);
  expect(postgres.refused).toEqual([]);
  expect([...postgres.tables.keys()]).toEqual([]);
  const made = postgres.statements.filter(({ sql }) => sql.startsWith('CREATE TABLE'));
  expect(made).toHaveLength(1);
}

describe('a drill that goes well', () => {
  it('measures the gap between acknowledged writes, compares the rows, drops the table', async () => {
    const world = drillWorld();
    const result = await run(world, { maxOutage: '5s' });
    expect(result.outcome).toBe('done');
    const { data } = result;
    expect(data).toMatchObject({ passed: true, reasons: [], rpoRows: 0, maxOutageMs: 5000 });
    // No primary for 1.8 s; a write each 50 ms.
    expect(data.rtoMs).toBeGreaterThanOrEqual(1800);
    expect(data.rtoMs).toBeLessThanOrEqual(1950);
    expect(data.calmGapMs).toBe(50);
    expect(data.legs).toMatchObject([
      { from: 'pg1', candidate: null, newLeader: 'pg2', outcome: 'done', error: null },
    ]);
    expect(data.legs[0]?.outage).toMatchObject({ before: 'pg1', after: 'pg2', ended: true });
    expect(data.writes?.acknowledged).toBeGreaterThan(50);
    expect(data.writes).toMatchObject({ lost: 0 });
    expect(data.probe.table).toMatch(/^"public"\."pgherd_drill_[0-9a-f]{12}"$/);
    expectClean(world);
  });

  it('counts the reads that failed on the member that restarted', async () => {
    const { data } = await run(drillWorld());
    const reads = new Map(data.reads?.map((one) => [one.member, one]));
    expect(reads.get('pg1')?.failed).toBeGreaterThan(20);
    expect(reads.get('pg1')?.longestGapMs).toBeGreaterThanOrEqual(3400);
    expect(reads.get('pg3')).toMatchObject({ failed: 0, longestGapMs: 50 });
  });

  it('connects as it was told, says who it is, and lets no name be taken over', async () => {
    const world = drillWorld();
    await run(world);
    const { targets, statements } = world.postgres;
    const probing = targets.at(-1);
    expect(probing).toMatchObject({ user: 'admin', database: 'app' });
    expect(probing?.applicationName).toMatch(/^pgherd drill [0-9a-f]{12}$/);
    expect(new Set(targets.map(({ host }) => host))).toEqual(
      new Set(['10.0.0.1', '10.0.0.2', '10.0.0.3']),
    );
    const made = statements.findIndex(({ sql }) => sql.startsWith('CREATE TABLE'));
    const before = statements.slice(0, made).map(({ sql }) => sql);
    expect(before).toContain('SET search_path = pg_catalog');
    expect(statements.some(({ sql }) => /timeout|synchronous_commit/.test(sql))).toBe(false);
  });

  it('switches back when all is well again, and measures that too', async () => {
    const world = drillWorld();
    const { data, outcome } = await run(world, { back: true });
    expect(outcome).toBe('done');
    expect(world.orders.map(({ member, body }) => ({ member, body }))).toEqual([
      { member: 'pg1', body: { leader: 'pg1' } },
      { member: 'pg2', body: { leader: 'pg2', candidate: 'pg1' } },
    ]);
    expect(data.legs.map(({ newLeader, outage }) => [newLeader, outage?.ended])).toEqual([
      ['pg2', true],
      ['pg1', true],
    ]);
    expect(data.after?.find(({ role }) => role === 'leader')?.member).toBe('pg1');
    expectClean(world);
  });

  it('waits for the cluster to be whole before it switches back', async () => {
    const world = drillWorld();
    world.after(6500, () => {
      world.says.pg3 = 'no route to host';
    });
    world.after(20_000, () => {
      world.says.pg3 = { ...REPLICA, timeline: 2 };
    });
    const { data, outcome } = await run(world, { back: true });
    expect(outcome).toBe('done');
    expect(data.legs[1]?.fromMs).toBeGreaterThanOrEqual(20_000);
  });

  it('--probe read makes no table, and does not call it no loss', async () => {
    const world = drillWorld();
    const { data, outcome } = await run(world, { probe: 'read', maxOutage: '5s' });
    expect(outcome).toBe('done');
    expect(data).toMatchObject({ rpoRows: null, writes: null, passed: true });
    expect(data.rtoMs).toBeGreaterThanOrEqual(1800);
    const changing = world.postgres.statements.filter(({ sql }) => !/^(SELECT|SET) /.test(sql));
    expect(changing).toEqual([]);
    expect(world.session.stdout.join('\n')).toContain('RPO: not measured');
  });

  it('--probe none connects to no PostgreSQL: what the members report counts', async () => {
    const world = drillWorld();
    const { data, outcome } = await run(world, { probe: 'none', maxOutage: '5s' });
    expect(outcome).toBe('done');
    expect(world.postgres.targets).toEqual([]);
    expect(data).toMatchObject({ reads: null, writes: null, rpoRows: null });
    expect(data.rtoMs).toBe(data.legs[0]?.reportedOutageMs);
  });

  it('prints the report alone on stdout, as Markdown where that is wanted', async () => {
    const world = drillWorld();
    await run(world, { format: 'markdown' });
    expect(world.session.stdout).toHaveLength(1);
    const [report] = world.session.stdout;
    expect(report).toMatch(/^# Drill of cluster demo: passed\n/);
    expect(report).toContain('| pg1 | pg2 | done |');
    expect(report).toContain('- Date: 2026-01-01T12:00:00.000Z');
    expect(world.session.stderr.join('\n')).toContain('pg1 has stepped down');
  });
});

describe('a drill that is not passed', () => {
  it('an outage over the limit', async () => {
    const world = drillWorld();
    const { outcome, error, data } = await run(world, { maxOutage: '500ms' });
    expect(outcome).toBe('failed');
    expect(error?.code).toBe('outage-too-long');
    expect(data.passed).toBe(false);
    expect(world.session.stdout[0]).toContain('Drill of cluster demo: not passed');
    expectClean(world);
  });

  it('acknowledged rows that the new leader does not have', async () => {
    const world = drillWorld();
    world.postgres.lose = 3;
    const { outcome, error, data } = await run(world);
    expect(outcome).toBe('failed');
    expect(error?.code).toBe('rows-lost');
    expect(data.rpoRows).toBe(3);
  });

  it('even the table is gone: all rows are lost', async () => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (sql.startsWith('SELECT id')) throw new SqlError('relation does not exist', '42P01');
      return undefined;
    };
    const { data } = await run(world);
    expect(data.rpoRows).toBe(data.writes?.acknowledged);
  });

  it('the rows cannot be read: not measured, and not passed', async () => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (sql.startsWith('SELECT id')) throw new SqlError('out of memory', '53200');
      return undefined;
    };
    const { data, error } = await run(world);
    expect(error?.code).toBe('rows-unknown');
    expect(data.rpoRows).toBeNull();
    expectClean(world);
  });

  it('the switchover is refused: the probe goes on on the old leader, and is cleared away', async () => {
    const world = drillWorld({ onPost: () => ({ status: 412, body: 'no good candidates' }) });
    const { outcome, error, data } = await run(world, { back: true });
    expect(outcome).toBe('failed');
    expect(error?.code).toBe('switchover-failed');
    expect(error?.message).toContain('no good candidates');
    expect(data.legs).toHaveLength(1);
    expect(data.legs[0]?.outage?.ms).toBeLessThanOrEqual(100);
    expectClean(world);
  });

  it('how the switchover ends is not known in time: exit code 3', async () => {
    const world = drillWorld({
      onPost: (w) => {
        w.after(500, () => {
          w.says.pg1 = 'no route to host';
          w.remove('leader');
        });
        return new Promise(() => {});
      },
    });
    const { outcome, data, error } = await run(world, { timeout: 5, maxOutage: '1s' });
    expect(outcome).toBe('unknown');
    expect(error?.code).toBe('switchover-unknown');
    expect(data.passed).toBeNull();
    expect(data.legs[0]?.outage).toMatchObject({ ended: false, after: null });
    // Nobody accepts writes any more: this is the one that a person has to drop.
    expect(data.probe.left).toMatch(/^DROP TABLE IF EXISTS "public"\."pgherd_drill_/);
    expect(error?.hint).toContain(data.probe.left);
  });

  it('the cluster is not whole in time: the way back is not begun', async () => {
    const world = drillWorld();
    world.after(6500, () => {
      world.says.pg3 = 'no route to host';
    });
    const { outcome, data } = await run(world, { back: true });
    expect(outcome).toBe('failed');
    expect(world.orders).toHaveLength(1);
    expect(data.legs[1]).toMatchObject({ from: 'pg2', candidate: 'pg1', outcome: 'failed' });
    expect(data.legs[1]?.error).toContain('pg3: its REST API does not answer');
    expectClean(world);
  });

  it('a table that cannot be dropped is said loudly, with the statement', async () => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (sql.startsWith('DROP')) throw new SqlError('must be owner of table', '42501');
      return undefined;
    };
    const { outcome, error, data } = await run(world);
    expect(outcome).toBe('failed');
    expect(error?.code).toBe('probe-table-left');
    expect(world.session.warnings.join('\n')).toContain(data.probe.left);
    expect(error?.hint).toBe(`run this on the leader: ${data.probe.left}`);
    expect(world.session.stdout[0]).toContain(`LEFT BEHIND`);
  });
});

describe('clearing away', () => {
  it('ends sessions of its own that hang on the server before it drops the table', async () => {
    const world = drillWorld();
    let hanging = 2;
    world.postgres.instead = (sql) => {
      if (!/pg_terminate_backend/.test(sql)) return undefined;
      hanging--;
      return { columns: ['t'], rows: hanging > 0 ? [[true]] : [] };
    };
    const { data } = await run(world);
    expect(data.probe.left).toBeNull();
    expect(hanging).toBe(0);
    expectClean(world);
  });

  it('tries again when the server does not answer, as in a commit that waits for a standby', async () => {
    const world = drillWorld();
    let unanswered = 2;
    world.postgres.instead = (sql) =>
      sql.startsWith('DROP') && unanswered-- > 0 ? new Promise(() => {}) : undefined;
    const { data, outcome } = await run(world);
    expect(outcome).toBe('done');
    expect(data.probe.left).toBeNull();
    expect(unanswered).toBe(-1);
    expectClean(world);
  });

  it('Ctrl-C in the middle: the table is dropped on whoever leads then, and it is said', async () => {
    const stop = new AbortController();
    const world = drillWorld({ signal: stop.signal });
    world.after(3000, () => stop.abort(new Interrupted()));
    const error = await thrown(world);
    expect(error).toBeInstanceOf(Interrupted);
    expect(error.message).toMatch(
      /^Interrupted: the switchover of cluster demo may still be going on; .*; the probe table was dropped$/,
    );
    expectClean(world);
    const dropped = world.postgres.statements.find(({ sql }) => sql.startsWith('DROP'));
    expect(dropped?.member).toBe('pg2');
  });

  it('Ctrl-C while the table is made: it is made, and dropped', async () => {
    const stop = new AbortController();
    const world = drillWorld({ signal: stop.signal });
    world.postgres.instead = (sql) => {
      if (sql.startsWith('CREATE')) stop.abort(new Interrupted());
      return undefined;
    };
    const error = await thrown(world);
    expect(error.message).toBe('Interrupted; the probe table was dropped');
    expect(world.orders).toEqual([]);
    expectClean(world);
  });

  it('CREATE TABLE fails, whatever it has done: dropped all the same', async () => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (!sql.startsWith('CREATE')) return undefined;
      world.postgres.tables.set('there', new Set());
      throw new SqlError('permission denied for schema public', '42501');
    };
    const error = await thrown(world);
    expect(error).toMatchObject({ code: 'no-probe-table' });
    const sent = (verb: string) =>
      world.postgres.statements.filter(({ sql }) => sql.startsWith(verb)).length;
    expect({ made: sent('CREATE TABLE'), dropped: sent('DROP TABLE') }).toEqual({
      made: 1,
      dropped: 1,
    });
    expect(world.orders).toEqual([]);
  });

  it('a probe that cannot write: nothing is switched over', async () => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (sql.startsWith('INSERT')) throw new SqlError('disk full', '53100');
      return undefined;
    };
    const error = await thrown(world);
    expect(error).toMatchObject({ code: 'probe-fails' });
    expect(error.message).toContain('disk full');
    expect(world.orders).toEqual([]);
    expectClean(world);
  });
});

describe('before a drill', () => {
  it('--dry-run looks, says what it sees, and changes nothing', async () => {
    const world = drillWorld();
    const { outcome, data } = await run(world, { dryRun: true, yes: false, confirm: undefined });
    expect(outcome).toBe('done');
    expect(data).toMatchObject({ dryRun: true, passed: null, legs: [], rtoMs: null });
    expect(world.orders).toEqual([]);
    expect(world.postgres.tables.size).toBe(0);
    const out = world.session.stdout.join('\n');
    expect(out).toContain('ok: table: admin may make a table in schema public of database app');
    expect(out).toContain('ok: candidate: the members choose: pg2, pg3 (likeliest first)');
    expect(out).toContain('Dry run: a drill could be held, nothing was changed');
  });

  it.each([
    ['a pause', { config: { pause: true } }, 'paused'],
    [
      'a scheduled switchover',
      { failover: { leader: 'pg1', scheduled_at: '2036-01-01T00:00:00+00:00' } },
      'scheduled',
    ],
    ['a request', { failover: { leader: 'pg1', member: 'pg2' } }, 'not done yet'],
    ['a silent member', { says: { pg3: 'no route to host' } }, 'REST API does not answer'],
    ['no leader', { leaderless: true }, 'no member holds the leader lock'],
    ['a standby cluster', { config: { standby_cluster: { host: 'x' } } }, 'accepts no writes'],
    [
      'one that would not be synchronous again',
      { config: { synchronous_mode: true }, sync: { leader: 'pg1', sync_standby: 'pg2' } },
      'synchronous_node_count 2',
    ],
    ['one that may not come back', { members: { pg1: { tags: { nofailover: true } } } }, 'pg1'],
  ])('%s: refused with the reason', async (_, options, reason) => {
    const world = drillWorld(options);
    const { outcome, error, data } = await run(world, { back: true, candidate: 'pg2' });
    expect(outcome).toBe('failed');
    expect(error?.code).toBe('preflight');
    expect(error?.message).toContain(reason);
    expect(data.passed).toBeNull();
    expect(world.orders).toEqual([]);
    expect(world.postgres.tables.size).toBe(0);
  });

  it('goes by what the members say themselves: their documents are older', async () => {
    const stale = { xlog_location: 5000 };
    const world = drillWorld({
      config: { maximum_lag_on_failover: 1000 },
      members: { pg2: stale, pg3: stale },
    });
    world.set('status', { optime: 9_000_000 });
    world.says.pg1 = { ...PRIMARY, xlog: { location: 9_000_000 } };
    for (const name of ['pg2', 'pg3']) {
      const xlog = { received_location: 9_000_000, replayed_location: 9_000_000 };
      world.says[name] = { ...REPLICA, xlog };
    }
    expect((await run(world, { dryRun: true })).outcome).toBe('done');
    world.says.pg3 = REPLICA;
    expect((await run(world, { dryRun: true })).error?.message).toContain('pg3: it lags');
  });

  it.each([
    [/current_database/, 'cannot be looked at: it did not like it'],
    [/pg_is_in_recovery/, 'no connection to pg1: it did not like it'],
  ])('an error of PostgreSQL to %s: refused', async (pattern, reason) => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (pattern.test(sql)) throw new SqlError('it did not like it', '53000');
      return undefined;
    };
    const { error } = await run(world);
    expect(error?.message).toContain(reason);
  });

  it('says what an earlier drill left, and that the archiver fails', async () => {
    const world = drillWorld();
    world.postgres.instead = (sql) => {
      if (/pg_stat_archiver/.test(sql)) return { columns: [], rows: [[1, true]] };
      if (/relkind/.test(sql)) return { columns: [], rows: [['public.pgherd_drill_1']] };
      return undefined;
    };
    const { data } = await run(world, { dryRun: true });
    const warnings = data.checks.filter(({ verdict }) => verdict === 'warning');
    expect(warnings.map(({ message }) => message)).toEqual([
      'an earlier drill left a table behind: DROP TABLE public.pgherd_drill_1',
      'the last attempt to archive WAL failed: stopping may take longer',
    ]);
  });

  it.each([
    [{ yes: false }, /--yes/],
    [{ confirm: undefined }, /--confirm/],
    [{ yes: false, confirm: undefined }, /--yes and --confirm/],
    [{ confirm: 'other' }, /does not name/],
  ])('without a terminal %j is refused at once', async (options, message) => {
    const world = drillWorld();
    const error = await thrown(world, options);
    expect(error).toBeInstanceOf(Refusal);
    expect(error.message).toMatch(message);
    expect(world.session.calls).toEqual([]);
  });

  it('on a terminal it says what will happen, and asks for the name of the cluster', async () => {
    const world = drillWorld({ answers: ['demo'] });
    const { outcome } = await run(world, { yes: false, confirm: undefined, back: true });
    expect(outcome).toBe('done');
    const said = world.session.stderr.join('\n');
    expect(said).toContain('moves from pg1, and then back to pg1');
    expect(said).toContain('the sessions of clients on pg1 are cut (7)');
    expect(world.session.questions).toHaveLength(1);
  });

  it('another answer: nothing happens', async () => {
    const world = drillWorld({ answers: ['production'] });
    const error = await thrown(world, { yes: false, confirm: undefined });
    expect(error).toMatchObject({ code: 'not-confirmed' });
    expect(world.orders).toEqual([]);
    expect(world.postgres.tables.size).toBe(0);
  });

  it.each([
    [{ interval: 'soon' }, '--interval'],
    [{ interval: '1ms' }, '--interval'],
    [{ maxOutage: '-1s' }, '--max-outage'],
    [{ maxOutage: '2h' }, '--max-outage'],
  ])('%j is wrong usage', async (options, flag) => {
    const error = await thrown(drillWorld(), options);
    expect(error).toMatchObject({ code: 'usage', exitCode: 2 });
    expect(error.message).toContain(flag);
  });
});
