import type { SlotChange } from '../ha/plan.ts';
import { formatLsn } from '../model/lsn.ts';
import { type Connection, connect, SqlTimeout, type Value } from './connect.ts';
import { inTime } from './observe/directory.ts';
import type { LocalSession, SessionTarget } from './session.ts';

export interface SlotsContext {
  readonly session: LocalSession;
  /** For the sessions that logical slots need on their databases. */
  readonly target: () => Promise<SessionTarget>;
}

const SHORT = { timeoutMs: 3000 };
/** How long a change of a logical slot is waited for; then it goes on by itself. */
const PATIENCE_MS = 300;
/** A logical slot is made when all transactions of now have ended, and moved by decoding WAL. */
const LONG_MS = 60_000;

const CREATE_PHYSICAL = 'SELECT pg_catalog.pg_create_physical_replication_slot($1, $2)';
const CREATE_LOGICAL = 'SELECT pg_catalog.pg_create_logical_replication_slot($1, $2)';
const DROP = 'SELECT pg_catalog.pg_drop_replication_slot($1)';
const ADVANCE = 'SELECT pg_catalog.pg_replication_slot_advance($1, $2)';
/** In one round trip: with each look a standby moves the slots of all other members. */
const ADVANCE_ALL =
  'SELECT pg_catalog.count(pg_catalog.pg_replication_slot_advance(s.name, s.lsn))' +
  ' FROM pg_catalog.unnest($1::pg_catalog.name[], $2::pg_catalog.pg_lsn[]) AS s (name, lsn)';

type Statement = readonly [text: string, values: readonly Value[]];

/**
 * Changes replication slots. What takes long, which are changes of logical slots, does not hold up
 * the caller (P#2391): one for each slot goes on beside, and what became of it is told next time.
 */
export class Slots {
  readonly #context: SlotsContext;
  readonly #running = new Map<string, Promise<void>>();
  readonly #open = new Set<Connection>();
  #failures: string[] = [];

  constructor(context: SlotsContext) {
    this.#context = context;
  }

  /**
   * Makes the changes in their order, each whatever became of those before, unless the server does
   * not answer. Rejects with an `Error` that says what failed, now or beside since the last call.
   */
  async sync(changes: readonly SlotChange[]): Promise<void> {
    for (const change of await this.#advanceAll(changes)) {
      try {
        await this.#change(change);
      } catch (error) {
        this.#note(change, error);
        if (error instanceof SqlTimeout) break;
      }
    }
    const failures = this.#failures;
    this.#failures = [];
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  /** Ends what goes on beside. */
  close(): void {
    for (const connection of this.#open) connection.close();
  }

  async #change(change: SlotChange): Promise<void> {
    const { name } = change;
    switch (change.kind) {
      case 'create':
        if (change.type === 'physical') return this.#now([CREATE_PHYSICAL, [name, change.reserve]]);
        return this.#beside(change, change.database ?? '', [
          CREATE_LOGICAL,
          [name, change.plugin ?? ''],
        ]);
      case 'drop':
        return this.#now([DROP, [name]]);
      case 'advance': {
        const statement: Statement = [ADVANCE, [name, formatLsn(change.lsn)]];
        const { database } = change;
        if (database === undefined) return this.#now(statement);
        return this.#beside(change, database, statement);
      }
    }
  }

  /**
   * Moves physical slots when there is nothing else to do. Resolves to what is left: all of it, one
   * after the other, when one of them cannot be moved.
   */
  async #advanceAll(changes: readonly SlotChange[]): Promise<readonly SlotChange[]> {
    const moves = changes.flatMap((change) =>
      change.kind === 'advance' && change.database === undefined ? [change] : [],
    );
    if (moves.length < 2 || moves.length < changes.length) return changes;
    // Neither names of slots nor LSNs hold anything that an array has to quote.
    const arrays = [moves.map(({ name }) => name), moves.map(({ lsn }) => formatLsn(lsn))];
    try {
      await this.#now([ADVANCE_ALL, arrays.map((values) => `{${values.join(',')}}`)]);
      return [];
    } catch (error) {
      if (error instanceof SqlTimeout) throw error;
      return moves;
    }
  }

  /** At once, on the session that is there. */
  async #now([text, values]: Statement): Promise<void> {
    await this.#context.session.query(text, { ...SHORT, values });
  }

  /** In a session of its own; waits a moment for it. Nothing when one goes on for this slot. */
  async #beside(change: SlotChange, database: string, statement: Statement): Promise<void> {
    if (this.#running.has(change.name)) return;
    let isWaitedFor = true;
    const work = this.#inDatabase(database, statement)
      .catch((error: unknown) => {
        if (isWaitedFor) throw error;
        this.#note(change, error);
      })
      .finally(() => this.#running.delete(change.name));
    this.#running.set(change.name, work);
    await inTime(work, PATIENCE_MS, undefined);
    isWaitedFor = false;
  }

  async #inDatabase(database: string, [text, values]: Statement): Promise<void> {
    const target = { ...(await this.#context.target()), database, ...SHORT };
    const connection = await connect(target);
    this.#open.add(connection);
    try {
      await connection.query(text, { timeoutMs: LONG_MS, values });
    } finally {
      this.#open.delete(connection);
      connection.close();
    }
  }

  #note({ kind, name }: SlotChange, error: unknown): void {
    this.#failures.push(`cannot ${kind} slot ${name}: ${(error as Error).message}`);
  }
}
