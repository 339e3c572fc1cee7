import { type Connection, connect } from './connect.ts';
import type { SessionTarget } from './session.ts';

const CONNECT_MS = 1000;
/** A checkpoint of a big server on a slow disk. */
const LONGEST_MS = 3_600_000;

/** Checkpoints that nobody waits for: one at a time. */
export class Checkpoints {
  readonly #target: () => Promise<SessionTarget>;
  #running: Connection | undefined;
  #failure: string | undefined;

  constructor(target: () => Promise<SessionTarget>) {
    this.#target = target;
  }

  /**
   * Starts one, on a session of its own, and resolves at once; nothing while one is running.
   * Rejects when it cannot be started, or when the one before has failed.
   */
  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const connection = await connect({ ...(await this.#target()), timeoutMs: CONNECT_MS });
    const failure = this.#failure;
    this.#failure = undefined;
    this.#running = connection;
    connection
      .query('CHECKPOINT', { timeoutMs: LONGEST_MS })
      .catch((error: Error) => {
        this.#failure = error.message;
      })
      .finally(() => {
        this.#running = undefined;
        connection.close();
      });
    if (failure !== undefined) throw new Error(`the last checkpoint failed: ${failure}`);
  }

  /** Ends the session; PostgreSQL may well go on with what it has begun. */
  close(): void {
    this.#running?.close();
  }
}
