import { describe, expect, it } from 'vitest';
import { type QueryOptions, query } from '../../../../src/ctl/inspect/query.ts';
import { type SqlConnect, SqlError, type SqlResult } from '../../../../src/postgres/sql.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const options: QueryOptions = {
  cluster: 'demo',
  group: undefined,
  sql: 'SELECT 1',
  format: 'tsv',
  delimiter: '\t',
  role: undefined,
  member: undefined,
  username: 'admin',
  database: 'app',
  askPassword: false,
  watch: undefined,
};

/** Answers every statement with the next of `results`; a string is an SQLSTATE. */
function server(results: (SqlResult | string)[]): SqlConnect & { targets: unknown[] } {
  const targets: unknown[] = [];
  const connect: SqlConnect = async (target) => {
    targets.push(target);
    return {
      async query() {
        const next = results.shift();
        if (next === undefined) throw new Error('unexpected query');
        if (typeof next === 'string') throw new SqlError('it did not like it', next);
        return next;
      },
      close() {},
    };
  };
  return Object.assign(connect, { targets });
}

const rows = (...values: SqlResult['rows']): SqlResult => ({ columns: ['a', 'b'], rows: values });

describe('query', () => {
  it.each([
    [{ member: 'pg9' }, 'No connection to member pg9 is available'],
    [{ role: 'standby-leader' as const }, 'No connection to role standby-leader is available'],
  ])('refuses whom the cluster does not have: %j', async (whom, message) => {
    const session = fakeSession({ documents: demoDocuments() });
    await expect(query(session, { ...options, ...whom })).rejects.toMatchObject({
      message,
      hint: 'pgherd list demo shows the members and their roles',
    });
  });

  it('runs on the leader and prints rows as patronictl does', async () => {
    const connectSql = server([rows([1, null], [true, 'x'])]);
    const session = fakeSession({ documents: demoDocuments(), connectSql });
    const result = await query(session, options);
    expect(session.stdout).toEqual(['a\tb\n1\tNone\nTrue\tx']);
    expect(connectSql.targets).toEqual([
      { host: '10.0.0.1', port: 5432, user: 'admin', database: 'app', connectTimeoutMs: 5000 },
    ]);
    expectSchema('query', result);
  });

  it('keeps whole numbers that JSON cannot hold', async () => {
    const connectSql = server([rows([9007199254740993n, 1])]);
    const session = fakeSession({ documents: demoDocuments(), connectSql });
    const result = await query(session, options);
    expect((result.data as { rows: unknown }).rows).toEqual([['9007199254740993', 1]]);
  });

  it('prints nothing for a statement without rows', async () => {
    const connectSql = server([{ columns: null, rows: [] }]);
    const session = fakeSession({ documents: demoDocuments(), connectSql });
    const result = await query(session, options);
    expect(session.stdout).toEqual([]);
    expect(result.outcome).toBe('done');
    expectSchema('query', result);
  });

  it('fails on an SQL error, with the SQLSTATE', async () => {
    const session = fakeSession({ documents: demoDocuments(), connectSql: server(['42601']) });
    const result = await query(session, options);
    expect(result.outcome).toBe('failed');
    expect(result.error?.message).toBe(
      'ERROR, SQLSTATE: 42601: it did not like it (on member pg1)',
    );
    expectSchema('query', result);
  });

  it('fails when no connection can be made', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    const result = await query(session, options);
    expect(result.error?.code).toBe('no-connection');
  });

  it('makes sure that a replica is one', async () => {
    const recovery = (is: boolean): SqlResult => ({ columns: ['r'], rows: [[is]] });
    const good = server([recovery(true), rows([1, 2])]);
    const session = fakeSession({ documents: demoDocuments(), connectSql: good });
    expect((await query(session, { ...options, role: 'replica' })).outcome).toBe('done');
    expect(good.targets).toMatchObject([{ host: '10.0.0.2' }]);
    const bad = fakeSession({ documents: demoDocuments(), connectSql: server([recovery(false)]) });
    const result = await query(bad, { ...options, role: 'replica' });
    expect(result.error?.message).toContain('not a replica');
  });

  it('goes on after an error under --watch, with a new connection, until Ctrl-C', async () => {
    const connectSql = server([rows([1, 2]), '57P01', rows([3, 4])]);
    const stop = new AbortController();
    let sleeps = 0;
    const session = fakeSession({
      documents: demoDocuments(),
      connectSql,
      signal: stop.signal,
      onSleep: () => ++sleeps === 3 && stop.abort(new Error('stopped')),
    });
    await expect(query(session, { ...options, watch: 2 })).rejects.toThrow('stopped');
    expect(session.stdout).toEqual(['a\tb\n1\t2', 'a\tb\n3\t4']);
    expect(session.stderr).toHaveLength(1);
    expect(connectSql.targets).toHaveLength(2);
  });

  it('does not watch under --json, where nothing would ever be printed', async () => {
    const connectSql = server([rows([1, 2])]);
    const session = fakeSession({ documents: demoDocuments(), connectSql, json: true });
    const attempt = query(session, { ...options, watch: 2 });
    await expect(attempt).rejects.toMatchObject({ code: 'usage', exitCode: 2 });
    expect(connectSql.targets).toEqual([]);
  });

  it('leaves no connection open when the role cannot be asked for', async () => {
    let closed = 0;
    const connectSql = async () => ({
      query: async () => {
        throw new SqlError('permission denied', '42501');
      },
      close: () => void closed++,
    });
    const session = fakeSession({ documents: demoDocuments(), connectSql });
    const result = await query(session, { ...options, role: 'replica' });
    expect(result.outcome).toBe('failed');
    expect(closed).toBe(1);
  });

  it('asks for a password only when told to', async () => {
    const connectSql = server([rows([1, 2])]);
    const session = fakeSession({ documents: demoDocuments(), connectSql, answers: ['secret'] });
    await query(session, { ...options, askPassword: true });
    expect(connectSql.targets).toMatchObject([{ password: 'secret' }]);
  });
});
