import type { Answered } from '../../ha/drill/outage.ts';
import type { DrillReads } from '../../model/drill.ts';
import type { SqlError } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';
import { keepAsking } from './keep-asking.ts';
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

/** A probe that runs, and what it has met so far. */
export interface Probe {
  /** Writes that were acknowledged; without a table the reads that a primary answered. */
  readonly answers: readonly Answered[];
  /** Rows that were acknowledged. */
  readonly acknowledged: readonly number[];
  readonly failedWrites: number;
  /** Why the last write, or without a table the last read, failed. */
  readonly lastError: SqlError | undefined;
  reads(): DrillReads[];
  /** Ends all sessions and waits for that. Throws our own mistakes. */
  stop(): Promise<void>;
}

/**
 * Reads on every member and, with a table, writes on whichever accepts that, until it is stopped.
 * A standby is asked whether it still is one, and not given anything that it would have to refuse
 * and to log.
 */
export function startProbe(session: Session, plan: ProbePlan): Probe {
  const stop = new AbortController();
  const counts = new Map(plan.targets.map(({ member }) => [member, new ReadCount()]));
  const answers: Answered[] = [];
  const acknowledged: number[] = [];
  const now = () => session.clock.monotonic();
  let failedWrites = 0;
  let lastError: SqlError | undefined;
  let nextId = 1;

  const read = (target: ProbeTarget): Promise<void> =>
    keepAsking(session, {
      ...{ target, signal: stop.signal, intervalMs: plan.intervalMs },
      patienceMs: READ_PATIENCE_MS,
      async ask(connection) {
        const standby = await isInRecovery(connection);
        counts.get(target.member)?.answer(now());
        if (!standby && !plan.table) answers.push({ atMs: now(), member: target.member });
      },
      failed(error) {
        counts.get(target.member)?.fail();
        if (!plan.table) lastError = error;
      },
    });

  const write = (target: ProbeTarget, table: ProbeTable): Promise<void> => {
    let writable = false;
    return keepAsking(session, {
      ...{ target, signal: stop.signal, intervalMs: plan.intervalMs },
      patienceMs: WRITE_PATIENCE_MS,
      async ask(connection) {
        writable ||= !(await isInRecovery(connection));
        if (!writable) return;
        const id = nextId++;
        await connection.query(insertStatement(table, id));
        acknowledged.push(id);
        answers.push({ atMs: now(), member: target.member });
      },
      failed(error) {
        if (writable) failedWrites++;
        writable = false;
        lastError = error;
      },
    });
  };

  const { table } = plan;
  const running = Promise.all([
    ...plan.targets.map(read),
    ...(table ? plan.targets.map((target) => write(target, table)) : []),
  ]);
  // It is told when the probe is stopped.
  running.catch(() => {});
  return {
    ...{ answers, acknowledged },
    get failedWrites() {
      return failedWrites;
    },
    get lastError() {
      return lastError;
    },
    reads: () => [...counts].map(([member, count]) => ({ member, ...count.result() })),
    async stop() {
      stop.abort();
      await running;
    },
  };
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
