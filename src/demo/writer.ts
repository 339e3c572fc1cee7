import type { SqlConnect, SqlConnection } from '../postgres/sql.ts';
import type { Clock } from '../system/clock.ts';
import type { Plan } from './plan.ts';
import { Tally } from './tally.ts';

/** Milliseconds between two writes, and before another server is tried. */
const PAUSE_MS = 5;
const RETRY_MS = 20;
/** A server that says nothing for so long is left. */
const PATIENCE_MS = 2000;

interface WriterParts {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly connect: SqlConnect;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/**
 * A small client that writes all the time, as an application does whose connection string names all
 * servers and wants one that accepts writes. It counts what it was told is done.
 */
export class Writer {
  readonly tally = new Tally();
  readonly #parts: WriterParts;
  readonly #stop = new AbortController();
  #next = 1;
  #running: Promise<void> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    parts.signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
  }

  /** Makes the table on the leader, and begins. */
  async start(leader: string): Promise<void> {
    const { plan } = this.#parts;
    const node = plan.nodes.find(({ name }) => name === leader);
    await this.#with(node?.postgresPort ?? 0, async (session) => {
      await session.query('CREATE TABLE IF NOT EXISTS demo_writes (id bigint PRIMARY KEY)');
    });
    this.#running = this.#run();
  }

  /** Ends it, and counts on the leader how many acknowledged writes are not there. */
  async stop(leader: string): Promise<number> {
    this.#stop.abort();
    await this.#running;
    const node = this.#parts.plan.nodes.find(({ name }) => name === leader);
    let kept = 0;
    await this.#with(node?.postgresPort ?? 0, async (session) => {
      for (const { first, last } of this.tally.spans) {
        const where = `WHERE id BETWEEN ${first} AND ${last}`;
        const { rows } = await session.query(`SELECT count(*) FROM demo_writes ${where}`);
        kept += Number(rows[0]?.[0]);
      }
    });
    return this.tally.acknowledged - kept;
  }

  async #run(): Promise<void> {
    const { nodes } = this.#parts.plan;
    for (let turn = 0; !this.#stop.signal.aborted; turn++) {
      const port = nodes[turn % nodes.length]?.postgresPort ?? 0;
      try {
        await this.#with(port, (session) => this.#writeTo(session));
      } catch {
        // A standby, one that is down, or one that went away: the next one, then.
        await this.#pause(RETRY_MS);
      }
    }
  }

  /** Writes until something goes wrong, or to the end. */
  async #writeTo(session: SqlConnection): Promise<void> {
    const { rows } = await this.#inTime(session, 'SELECT pg_is_in_recovery()');
    if (rows[0]?.[0] !== false) throw new Error('it is a standby');
    while (!this.#stop.signal.aborted) {
      const id = this.#next++;
      try {
        await this.#inTime(session, `INSERT INTO demo_writes VALUES (${id})`);
      } catch (error) {
        this.tally.failed += 1;
        throw error;
      }
      this.tally.ack(id, this.#parts.clock.monotonic());
      await this.#pause(PAUSE_MS);
    }
  }

  /** A statement; a server that does not answer in time loses its session, which ends it. */
  async #inTime(session: SqlConnection, text: string) {
    const timer = setTimeout(() => session.close(), PATIENCE_MS);
    try {
      return await session.query(text);
    } finally {
      clearTimeout(timer);
    }
  }

  async #with(port: number, work: (session: SqlConnection) => Promise<void>): Promise<void> {
    const { plan, connect, signal } = this.#parts;
    const target = { host: '127.0.0.1', port, database: 'postgres', connectTimeoutMs: PATIENCE_MS };
    const user = { user: 'postgres', password: plan.password };
    const session = await connect({ ...target, ...user }, signal);
    try {
      await work(session);
    } finally {
      session.close();
    }
  }

  /** The end of it all cuts it short. */
  async #pause(ms: number): Promise<void> {
    await this.#parts.clock.sleep(ms, this.#stop.signal).catch(() => {});
  }
}
