import {
  type SqlConnect,
  type SqlConnection,
  SqlError,
  type SqlResult,
} from '../../../../src/postgres/sql.ts';
import type { RestReply } from '../../../../src/rest/member-api.ts';
import {
  demoWorld,
  PRIMARY,
  REPLICA,
  type World,
  type WorldOptions,
} from '../takeover/demo-world.ts';
import { virtualClock } from './virtual-clock.ts';

/** PostgreSQL of all members: one database, which every member has at once. */
interface FakePostgres {
  /** Table → ids of its rows. */
  readonly tables: Map<string, Set<number>>;
  /** Every statement, with the member that got it. */
  readonly statements: { member: string; sql: string }[];
  readonly targets: Parameters<SqlConnect>[0][];
  /** Sessions that were not closed. */
  readonly open: Set<unknown>;
  /** Statements that a standby refused. */
  readonly refused: string[];
  /** Answers instead of the fake; undefined: as it always does. */
  instead: (sql: string, member: string) => SqlResult | Promise<SqlResult> | undefined;
  /** Rows that are lost when a member is promoted. */
  lose: number;
}

export interface DrillWorld extends World {
  readonly postgres: FakePostgres;
}

/** A `demo` of pg1, pg2 and pg3 with PostgreSQL, on a clock for many sleepers. */
export function drillWorld(options: WorldOptions = {}): DrillWorld {
  const postgres: FakePostgres = {
    tables: new Map(),
    statements: [],
    targets: [],
    open: new Set(),
    refused: [],
    instead: () => undefined,
    lose: 0,
  };
  let world: World | undefined;
  const connectSql = fakeSql(postgres, (member) => world?.says[member]);
  const inner = demoWorld({
    connectSql,
    makeClock: virtualClock,
    onPost: (w) => switchOver(w, postgres),
    ...options,
  });
  world = inner;
  return { ...inner, postgres };
}

/** What Patroni does with each switchover that it is asked for: 1.8 s without a primary. */
function switchOver(world: World, postgres: FakePostgres): Promise<RestReply> {
  const order = world.orders.at(-1)?.body as { leader: string; candidate?: string };
  const { leader: old, candidate: to = 'pg2' } = order;
  const timeline = world.orders.length + 1;
  world.set('failover', { leader: old, member: to });
  world.after(500, () => {
    world.says[old] = { ...PRIMARY, state: 'stopping' };
  });
  world.after(1500, () => world.remove('leader'));
  world.after(2000, () => {
    world.set('leader', to);
    world.remove('failover');
  });
  world.after(2300, () => {
    world.says[to] = { ...PRIMARY, timeline };
    for (const rows of postgres.tables.values()) {
      for (const id of [...rows].slice(rows.size - postgres.lose)) rows.delete(id);
    }
  });
  world.after(4000, () => {
    world.says[old] = { ...REPLICA, timeline };
    const third = ['pg1', 'pg2', 'pg3'].find((name) => name !== old && name !== to) ?? '';
    world.says[third] = { ...REPLICA, timeline };
  });
  return new Promise((resolve) => {
    const body = `Successfully switched over to "${to}"`;
    world.after(2500, () => resolve({ status: 200, body }));
  });
}

type Said = World['says'][string] | undefined;

function fakeSql(postgres: FakePostgres, says: (member: string) => Said): SqlConnect {
  return async (target) => {
    postgres.targets.push(target);
    const member = `pg${target.host.split('.').at(-1)}`;
    const role = (): unknown => {
      const said = says(member);
      if (typeof said === 'object' && said.state === 'running') return said.role;
      throw new SqlError('the database system is shutting down', '57P03');
    };
    role();
    let broken = false;
    const connection: SqlConnection = {
      async query(sql) {
        postgres.statements.push({ member, sql });
        // A server that stops ends its sessions.
        if (broken) throw new SqlError('connection terminated', undefined);
        broken = true;
        const primary = role() === 'primary';
        broken = false;
        return (await postgres.instead(sql, member)) ?? answer(postgres, sql, primary);
      },
      close: () => void postgres.open.delete(connection),
    };
    postgres.open.add(connection);
    return connection;
  };
}

const result = (...rows: SqlResult['rows']): SqlResult => ({ columns: ['c'], rows });

function answer({ tables, refused }: FakePostgres, sql: string, primary: boolean): SqlResult {
  const [, verb, name = ''] =
    /^(CREATE TABLE|INSERT INTO|SELECT id FROM|DROP TABLE IF EXISTS) (\S+)/.exec(sql) ?? [];
  if (verb && !primary) {
    refused.push(sql);
    throw new SqlError('read-only transaction', '25006');
  }
  if (verb === 'CREATE TABLE') tables.set(name, new Set());
  if (verb === 'INSERT INTO') tables.get(name)?.add(Number(/\((\d+)\)$/.exec(sql)?.[1]));
  if (verb === 'SELECT id FROM') {
    return result(...[...(tables.get(name) ?? [])].map((id) => [id]));
  }
  if (verb === 'DROP TABLE IF EXISTS') tables.delete(name);
  if (sql === 'SELECT pg_catalog.pg_is_in_recovery()') return result([!primary]);
  if (/current_database/.test(sql)) return result(['app', 'admin', '150018']);
  if (/current_schemas/.test(sql)) return result(['public']);
  if (/has_schema_privilege/.test(sql)) return result(['public']);
  if (/pg_stat_archiver/.test(sql)) return result([7, false]);
  return result();
}
