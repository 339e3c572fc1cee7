import { type SqlConnection, SqlError } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';
import { inTime, openProbeSession, type ProbeTarget } from './probe-session.ts';

/** One of the questions that a probe asks a member again and again. */
export interface Asking {
  readonly target: ProbeTarget;
  /** From the start of one question to the start of the next. */
  readonly intervalMs: number;
  /** How long an answer may take before the session is given up. */
  readonly patienceMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  ask(connection: SqlConnection): Promise<void>;
  /** No connection, no answer, or an error; a new session is made next. */
  failed(error: SqlError): void;
}

/**
 * Holds a session on a member and asks at a steady pace until `signal`. Each member is asked on its
 * own, so that one that hangs holds up no other. Rejects only with our own mistakes.
 */
export async function keepAsking(session: Session, asking: Asking): Promise<void> {
  const { clock } = session;
  const { signal, intervalMs } = asking;
  let life = new AbortController();
  let connection: SqlConnection | undefined;
  let dueMs = clock.monotonic();
  const once = async (): Promise<void> => {
    const either = AbortSignal.any([signal, life.signal]);
    connection ??= await openProbeSession(session, asking.target, either);
    await asking.ask(connection);
  };
  /** Also of a session that does not stand yet, and comes too late. */
  const end = (): void => {
    life.abort();
    connection?.close();
    connection = undefined;
  };
  try {
    while (!signal.aborted) {
      try {
        await inTime(session, asking.patienceMs, once);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof SqlError)) throw error;
        end();
        life = new AbortController();
        asking.failed(error);
      }
      dueMs = Math.max(dueMs + intervalMs, clock.monotonic());
      await clock.sleep(dueMs - clock.monotonic(), signal).catch(() => {});
    }
  } finally {
    end();
  }
}
