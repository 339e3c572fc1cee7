import type { PostgresConfig } from '../model/postgres-config.ts';
import {
  type Connection,
  type ConnectTarget,
  connect,
  type QueryOptions,
  type Row,
  SqlTimeout,
} from './connect.ts';
import type { PidFile } from './postmaster.ts';
import type { SqlError } from './sql.ts';

/** What a session on the local server needs of the configuration. */
export type LocalLogin = Pick<PostgresConfig, 'superuser' | 'useUnixSocket'>;

export type SessionTarget = Omit<ConnectTarget, 'timeoutMs'>;

const DATABASE = 'postgres';

/**
 * The server ends the session with this answer, and the socket follows a moment later: a query in
 * between would go to nobody. admin_shutdown, crash_shutdown, idle_session_timeout (the manual,
 * appendix A).
 */
const ENDED = /^57P0[125]$/;

/**
 * How the server that wrote this file is reached from its own host: over its Unix socket where the
 * configuration says so or there is nothing else, or over the address that it listens on.
 */
export function localTarget(login: LocalLogin, pidFile: PidFile): SessionTarget {
  const { socketDir, listenAddress, port } = pidFile;
  const socket = socketDir !== '' && (login.useUnixSocket || listenAddress === '');
  const host = socket ? socketDir : (LOOPBACKS[listenAddress] ?? listenAddress);
  return { host, port, database: DATABASE, credentials: login.superuser };
}

/** Addresses that stand for all addresses of the host. */
const LOOPBACKS: Readonly<Record<string, string>> = {
  '': '127.0.0.1',
  '*': '127.0.0.1',
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
};

/** A text, or what makes it from `server_version_num`. */
export type SqlText = string | ((serverVersion: number) => string);

export interface SessionOptions {
  /** Asked for each new session. Rejects when there is nothing to connect to. */
  readonly target: () => Promise<SessionTarget>;
  /** The server ended the session: it stops, it crashed, or somebody ended it there. */
  readonly onLost: (reason: string) => void;
}

/**
 * The one long session of the agent on its own server; opened when it is needed, and anew after it
 * was lost. Queries are run one after the other. A short query only: who waits for something opens
 * a session of his own (`connect`).
 */
export class LocalSession {
  readonly #options: SessionOptions;
  #connection: Connection | undefined;
  #opened: { readonly lost: boolean } | undefined;
  /** Ends when the last query that was asked for has ended. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A session stands: the server took connections a moment ago. */
  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  /** As in `server_version_num`; undefined while there is no session. */
  get serverVersion(): number | undefined {
    return this.#connection?.serverVersion;
  }

  /**
   * The rows of each statement of `text`, which may depend on the server's version. Rejects with
   * `SqlError`; with `SqlTimeout` when that takes longer than `timeoutMs`, the wait for its turn
   * and for a connection included.
   */
  query(text: SqlText, options: QueryOptions): Promise<Row[][]> {
    const deadline = performance.now() + options.timeoutMs;
    const turn = this.#queue.then(() => this.#run(text, { ...options, deadline }));
    this.#queue = turn.catch(() => {});
    return orLate(turn, options.timeoutMs);
  }

  /** Ends the session at once. `onLost` is not called; the next query opens another one. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#opened = undefined;
  }

  async #run(text: SqlText, options: QueryOptions & { deadline: number }): Promise<Row[][]> {
    const connection = await this.#open(timeLeft(options.deadline));
    const sql = typeof text === 'string' ? text : text(connection.serverVersion);
    try {
      return await connection.query(sql, { ...options, timeoutMs: timeLeft(options.deadline) });
    } catch (error) {
      if (this.#connection === connection) {
        if (error instanceof SqlTimeout) this.close();
        else if (ENDED.test((error as SqlError).sqlstate ?? '')) this.#lose(error as SqlError);
      }
      throw error;
    }
  }

  #lose({ message }: SqlError): void {
    this.close();
    this.#options.onLost(message);
  }

  async #open(timeoutMs: number): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const target = await this.#options.target();
    const opened = { lost: false };
    const connection = await connect({ ...target, timeoutMs }, (error) => {
      opened.lost = true;
      // One that was closed, or never used, is not missed.
      if (this.#opened === opened) this.#lose(error);
    });
    if (!opened.lost) {
      this.#connection = connection;
      this.#opened = opened;
    }
    return connection;
  }
}

function timeLeft(deadline: number): number {
  const ms = deadline - performance.now();
  if (ms <= 0) throw new SqlTimeout('the wait for the session');
  return ms;
}

/** After its time-out a query needs a moment to end its session. */
const LAST_MS = 20;

/** Rejects with `SqlTimeout` when the answer is not there in time, whatever it waits for. */
async function orLate<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SqlTimeout('the session')), timeoutMs + LAST_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
