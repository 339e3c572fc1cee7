import { parseLsn } from '../model/lsn.ts';
import type { Source, SourceReport } from '../model/postgres.ts';
import type { PostgresConfig } from '../model/postgres-config.ts';
import { type Connection, connect, type Row } from './connect.ts';
import { inTime } from './observe/directory.ts';
import { parseHistory } from './observe/history.ts';
import { askingCredentials, type RemoteTarget, remoteTargets } from './remote.ts';

const LIMIT_MS = 3000;

type Found = SourceReport & { readonly ok: true };

/**
 * Looks at another server over the replication protocol: who it is, where its WAL is, and how its
 * timeline came about. Of several hosts the first that is a primary, else the first that answers.
 * Never rejects; takes three seconds at the most.
 */
export async function inspect(config: PostgresConfig, source: Source): Promise<SourceReport> {
  const failure = `no answer from ${source.name || 'the source'} in ${LIMIT_MS / 1000} s`;
  return inTime(inspectHosts(config, source), LIMIT_MS, { ok: false, failure });
}

async function inspectHosts(config: PostgresConfig, source: Source): Promise<SourceReport> {
  const login = { database: undefined, credentials: config.replication };
  const targets = remoteTargets(source, login);
  let report: SourceReport = { ok: false, failure: `${source.connUrl} names no host` };
  for (const target of targets) {
    const found = await inspectHost(config, target);
    if (found.ok && !found.inRecovery) return found;
    if (!report.ok) report = found;
  }
  return report;
}

async function inspectHost(config: PostgresConfig, target: RemoteTarget): Promise<SourceReport> {
  try {
    const credentials = askingCredentials(config);
    // Before its timeline: a primary that was promoted in between would be taken for one that is
    // still on the timeline of before, and data that follow it for forked ones.
    const asked = await askState({ ...target, database: 'postgres', credentials });
    const { wasInRecovery, ...report } = await withConnection(target, identify);
    return {
      ...report,
      inRecovery: asked?.inRecovery ?? wasInRecovery,
      // A server that was never promoted has nothing to wait for.
      checkpointedSincePromote:
        report.timeline === 1 || asked?.checkpointTimeline === report.timeline,
    };
  } catch (error) {
    return { ok: false, failure: (error as Error).message };
  }
}

type Identity = Omit<Found, 'inRecovery' | 'checkpointedSincePromote'> & {
  /** Before its timeline was asked for. */
  readonly wasInRecovery: boolean;
};

async function identify(connection: Connection): Promise<Identity> {
  const ask = async (command: string): Promise<Row> => {
    const [rows] = await connection.query(command, { timeoutMs: LIMIT_MS });
    return rows?.[0] ?? {};
  };
  const wasInRecovery = await isInRecovery(connection, ask);
  const system = await ask('IDENTIFY_SYSTEM');
  const timeline = Number(system.timeline);
  const lsn = parseLsn(String(system.xlogpos));
  if (!Number.isInteger(timeline) || lsn === undefined) {
    throw new Error('the source does not say where its WAL is');
  }
  const { content } = timeline > 1 ? await ask(`TIMELINE_HISTORY ${timeline}`) : { content: '' };
  return {
    ok: true,
    systemId: String(system.systemid),
    timeline,
    lsn,
    history: parseHistory(String(content), timeline),
    wasInRecovery,
  };
}

/** Without a session that can be asked: a standby accepts no writes. */
async function isInRecovery(
  connection: Connection,
  ask: (command: string) => Promise<Row>,
): Promise<boolean> {
  // Told by PostgreSQL 14 and later.
  const told = connection.reported('in_hot_standby');
  if (told !== undefined) return told === 'on';
  return Object.values(await ask('SHOW transaction_read_only'))[0] === 'on';
}

interface State {
  readonly inRecovery: boolean;
  readonly checkpointTimeline: number;
}

/** As Patroni asks (check_leader_has_run_checkpoint); undefined: it lets us not. */
async function askState(target: RemoteTarget): Promise<State | undefined> {
  try {
    return await withConnection(target, async (connection) => {
      const [rows] = await connection.query(
        'SELECT pg_catalog.pg_is_in_recovery() AS standby, timeline_id AS timeline' +
          ' FROM pg_catalog.pg_control_checkpoint()',
        { timeoutMs: LIMIT_MS },
      );
      const row = rows?.[0] ?? {};
      return { inRecovery: row.standby === true, checkpointTimeline: Number(row.timeline) };
    });
  } catch {
    return undefined;
  }
}

async function withConnection<T>(
  target: RemoteTarget,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect({ ...target, timeoutMs: LIMIT_MS });
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}
