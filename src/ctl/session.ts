import type { CtlSettings } from '../config/settings.ts';
import type { Dcs, Store } from '../dcs/dcs.ts';
import type { SqlConnect } from '../postgres/sql.ts';
import type { MemberApi } from '../rest/member-api.ts';
import type { Clock } from '../system/clock.ts';
import type { FullScreen } from '../system/full-screen.ts';
import type { Io } from '../system/io.ts';
import type { Prompt } from '../system/prompt.ts';

/**
 * All that a use-case may touch. The members are functions where opening costs something; a test
 * replaces them one by one (`test/unit/ctl/fake-session.ts`).
 */
export interface Session {
  readonly settings: CtlSettings;
  readonly io: Io;
  readonly clock: Clock;
  readonly prompt: Prompt;
  /** Aborted by Ctrl-C: every wait and every call takes it along. */
  readonly signal: AbortSignal;
  /** The environment of the process, without Patroni's own variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  store(): Promise<Store>;
  dcs(scope: string, group?: number): Promise<Dcs>;
  rest(): Promise<MemberApi>;
  /** The whole terminal; only where stdin and stdout are one. */
  screen(): Promise<FullScreen>;
  /** Opens a connection to PostgreSQL on a member. */
  readonly connectSql: SqlConnect;
}

/** The same session, in which some of what is said goes another way. What may change stays live. */
export function withIo(
  session: Session,
  ways: Partial<Pick<Io, 'out' | 'err' | 'raw' | 'warn'>>,
): Session {
  const { io } = session;
  return {
    ...session,
    io: {
      out: (text) => io.out(text),
      err: (text) => io.err(text),
      raw: (text) => io.raw(text),
      warn: (text) => io.warn(text),
      interactive: io.interactive,
      stdoutIsTerminal: io.stdoutIsTerminal,
      color: io.color,
      json: io.json,
      get stderrColumns() {
        return io.stderrColumns;
      },
      get outputClosed() {
        return io.outputClosed;
      },
      ...ways,
    },
  };
}
