import { type SqlConnection, SqlError } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';
import { readAgain } from '../wait.ts';
import { inTime, isInRecovery, openProbeSession, type ProbeTarget } from './probe-session.ts';

/** Where the primary is to be looked for. */
export interface Primaries {
  readonly scope: string;
  readonly group: number | undefined;
  readonly targets: readonly ProbeTarget[];
}

/** "Syntax error or access rule violation" (PostgreSQL's manual, appendix A): no use in trying. */
const DEFINITE = '42';
/** How long one try may take, from the connection to the answer. */
const TRY_MS = 12_000;
const PAUSE_MS = 500;

/**
 * Does some work on whichever member accepts writes: the one that holds the leader lock first, then
 * the others. Goes on trying, for nobody may lead at the moment, and then throws the last
 * `SqlError`; at once where the work itself is wrong. The work may be done more than once.
 */
export async function onPrimary<T>(
  session: Session,
  { tryingMs, ...primaries }: Primaries & { readonly tryingMs: number },
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const deadline = session.clock.monotonic() + tryingMs;
  for (;;) {
    let last = new SqlError('no member accepts writes', undefined);
    for (const target of await leaderFirst(session, primaries)) {
      try {
        return await tryOn(session, target, work);
      } catch (error) {
        session.signal.throwIfAborted();
        if (!(error instanceof SqlError) || error.sqlstate?.startsWith(DEFINITE)) throw error;
        if (!(error instanceof StandbyError)) last = error;
      }
    }
    if (session.clock.monotonic() >= deadline) throw last;
    await session.clock.sleep(PAUSE_MS, session.signal);
  }
}

/** This member is not the primary: not worth telling. */
class StandbyError extends SqlError {}

async function tryOn<T>(
  session: Session,
  target: ProbeTarget,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const life = new AbortController();
  const either = AbortSignal.any([session.signal, life.signal]);
  let connection: SqlConnection | undefined;
  try {
    return await inTime(session, TRY_MS, async () => {
      connection = await openProbeSession(session, target, either);
      if (await isInRecovery(connection)) throw new StandbyError('a standby', undefined);
      return work(connection);
    });
  } finally {
    life.abort();
    connection?.close();
  }
}

async function leaderFirst(
  session: Session,
  { scope, group, targets }: Primaries,
): Promise<ProbeTarget[]> {
  const view = await readAgain(session, scope, group);
  const leads = ({ member }: ProbeTarget): boolean => member === view?.leader;
  return [...targets.filter(leads), ...targets.filter((target) => !leads(target))];
}
