import type { Answered } from '../../ha/drill/outage.ts';
import type { DrillReads } from '../../model/drill.ts';
import type { SqlError } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';
import { type Asking, keepAsking } from './keep-asking.ts';
import { isInRecovery, type ProbeTarget } from './probe-session.ts';
import { insertStatement, type ProbeTable } from './probe-table.ts';

/** How long a read may take before it counts as failed. */
const READ_PATIENCE_MS = 5000;
/** A commit may wait for a synchronous standby, and is not to be repeated meanwhile. */
const WRITE_PATIENCE_MS = 30_000;

export interface ProbePlan {
  readonly targets: readonly ProbeTarget[];
  readonly intervalMs: number;
  /** Undefined: reads only. */
  readonly table: ProbeTable | undefined;
}

/**
 * Reads on every member and, with a table, writes on whichever accepts that, from when it is made
 * until it is stopped. A standby is asked whether it still is one, and not given anything that it
 * would have to refuse and to log.
 */
export class Probe {
  /** Writes that were acknowledged; without a table the reads that a primary answered. */
  readonly answers: Answered[] = [];
  /** Rows that were acknowledged. */
  readonly acknowledged: number[] = [];
  readonly #session: Session;
  readonly #plan: ProbePlan;
  readonly #stop = new AbortController();
  readonly #reads = new Map<string, ReadCount>();
  readonly #running: Promise<unknown>;
  #failedWrites = 0;
  #lastError: SqlError | undefined;
  #nextId = 1;

  constructor(session: Session, plan: ProbePlan) {
    this.#session = session;
    this.#plan = plan;
    const { targets, table } = plan;
    this.#running = Promise.all([
      ...targets.map((target) => this.#read(target)),
      ...(table ? targets.map((target) => this.#write(target, table)) : []),
    ]);
    // It is told when the probe is stopped.
    this.#running.catch(() => {});
  }

  /** Writes that were begun and not acknowledged. */
  get failedWrites(): number {
    return this.#failedWrites;
  }

  /** Why a write, or without a table a read, failed last. */
  get lastError(): SqlError | undefined {
    return this.#lastError;
  }

  reads(): DrillReads[] {
    return [...this.#reads].map(([member, count]) => ({ member, ...count.result() }));
  }

  /** Ends all sessions and waits for that. Throws our own mistakes. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #read(target: ProbeTarget): Promise<void> {
    const count = new ReadCount();
    this.#reads.set(target.member, count);
    return this.#ask(target, READ_PATIENCE_MS, {
      ask: async (connection) => {
        const standby = await isInRecovery(connection);
        count.answer(this.#now());
        if (!standby && !this.#plan.table) this.#answered(target);
      },
      failed: (error) => {
        count.fail();
        if (!this.#plan.table) this.#lastError = error;
      },
    });
  }

  #write(target: ProbeTarget, table: ProbeTable): Promise<void> {
    let writable = false;
    return this.#ask(target, WRITE_PATIENCE_MS, {
      ask: async (connection) => {
        writable ||= !(await isInRecovery(connection));
        if (!writable) return;
        const id = this.#nextId++;
        await connection.query(insertStatement(table, id));
        this.acknowledged.push(id);
        this.#answered(target);
      },
      failed: (error) => {
        if (writable) this.#failedWrites++;
        writable = false;
        this.#lastError = error;
      },
    });
  }

  #ask(
    target: ProbeTarget,
    patienceMs: number,
    what: Pick<Asking, 'ask' | 'failed'>,
  ): Promise<void> {
    const { intervalMs } = this.#plan;
    const signal = this.#stop.signal;
    return keepAsking(this.#session, { target, intervalMs, patienceMs, signal, ...what });
  }

  #answered({ member }: ProbeTarget): void {
    this.answers.push({ atMs: this.#now(), member });
  }

  #now(): number {
    return this.#session.clock.monotonic();
  }
}

/** The reads on one member. */
class ReadCount {
  #answered = 0;
  #failed = 0;
  #lastMs: number | undefined;
  #longestMs: number | undefined;

  answer(atMs: number): void {
    this.#answered++;
    if (this.#lastMs !== undefined) {
      this.#longestMs = Math.max(this.#longestMs ?? 0, atMs - this.#lastMs);
    }
    this.#lastMs = atMs;
  }

  fail(): void {
    this.#failed++;
  }

  result(): Omit<DrillReads, 'member'> {
    const longest = this.#longestMs;
    return {
      answered: this.#answered,
      failed: this.#failed,
      longestGapMs: longest === undefined ? null : Math.ceil(longest),
    };
  }
}
