import { isIP } from 'node:net';
import { isRecord } from '../../model/json.ts';
import type { Member } from '../../model/member.ts';
import type { SqlConnection, SqlTarget } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';

/** Where a copy stands, as its source sees it. */
export interface CopyProgress {
  /** PostgreSQL's own words (manual, "Base Backup Progress Reporting"). */
  readonly phase: string;
  readonly bytes: number;
  /** Null when the client did not ask for an estimate. */
  readonly totalBytes: number | null;
}

/** The numbers of the copies. Never waits: each call gives what the last look showed. */
export interface ReinitProgress {
  /** Undefined when nothing is known, or when it is not clear which copy is this member's. */
  read(member: Member): CopyProgress | undefined;
  /** Why there are no numbers. */
  problem(): string | undefined;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 5000;
const SQL =
  'SELECT p.phase, p.backup_streamed, p.backup_total, pg_catalog.host(r.client_addr)' +
  ' FROM pg_catalog.pg_stat_progress_basebackup AS p' +
  ' JOIN pg_catalog.pg_stat_replication AS r USING (pid)';

interface Copy extends CopyProgress {
  readonly client: string;
}

/**
 * Asks the servers that copies may come from (PostgreSQL 13 and later), as the superuser of the
 * configuration. Without one, or when they cannot be reached, there is only a `problem`.
 */
export function reinitProgress(session: Session, sources: readonly Member[]): ReinitProgress {
  const credentials = superuser(session);
  let problem = credentials
    ? undefined
    : 'the configuration has no postgresql.authentication.superuser';
  const watchers = sources.flatMap(({ host, port }) =>
    credentials && host !== undefined && port !== undefined
      ? [{ host, port, ...credentials, connectTimeoutMs: CONNECT_TIMEOUT_MS }]
      : [],
  );
  const watched = watchers.map((target) =>
    watch(session, target, (reason) => {
      problem = reason;
    }),
  );
  return {
    read(member) {
      const copies = watched.flatMap(({ look }) => look());
      const own = copies.filter(
        ({ client }) => member.host === undefined || !isIP(member.host) || client === member.host,
      );
      return own.length === 1 ? own[0] : undefined;
    },
    problem: () => problem,
    close() {
      for (const { close } of watched) close();
    },
  };
}

/** One source: a look gives the rows of the last answer and asks anew in the background. */
function watch(
  session: Session,
  target: SqlTarget,
  tell: (problem: string) => void,
): { look(): readonly Copy[]; close(): void } {
  let copies: readonly Copy[] = [];
  let connection: SqlConnection | undefined;
  let state: 'idle' | 'asking' | 'broken' | 'closed' = 'idle';
  // Ends a connection that is being made: nothing may keep the process after the last word.
  const ended = new AbortController();
  const signal = AbortSignal.any([session.signal, ended.signal]);
  const ask = async (): Promise<void> => {
    try {
      connection ??= await session.connectSql({ ...target, database: 'postgres' }, signal);
      const { rows } = await connection.query(SQL);
      copies = rows.map(([phase, bytes, total, client]) => ({
        phase: String(phase),
        bytes: Number(bytes ?? 0),
        totalBytes: total === null || total === undefined ? null : Number(total),
        client: String(client ?? ''),
      }));
      if (state === 'asking') state = 'idle';
    } catch (error) {
      copies = [];
      connection?.close();
      if (state === 'asking') state = 'broken';
      tell(error instanceof Error ? error.message : String(error));
    }
    if (state === 'closed') connection?.close();
  };
  return {
    look() {
      if (state === 'idle') {
        state = 'asking';
        void ask();
      }
      return copies;
    },
    close() {
      state = 'closed';
      ended.abort();
      connection?.close();
    },
  };
}

function superuser(session: Session): { user: string; password?: string } | undefined {
  const { postgresql } = session.settings.raw;
  const authentication = isRecord(postgresql) ? postgresql.authentication : undefined;
  const account = isRecord(authentication) ? authentication.superuser : undefined;
  if (!isRecord(account) || typeof account.username !== 'string') return undefined;
  const { username, password } = account;
  return {
    user: username,
    ...(typeof password === 'string' || typeof password === 'number'
      ? { password: String(password) }
      : {}),
  };
}
