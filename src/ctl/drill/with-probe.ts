import { Interrupted, Refusal } from '../../model/errors.ts';
import { SqlError } from '../../postgres/sql.ts';
import { printable } from '../../system/text.ts';
import type { Session } from '../session.ts';
import type { Primaries } from './on-primary.ts';
import { Probe } from './probe.ts';
import { createTable, dropTable, type ProbeTable, presentRows } from './probe-table.ts';

export interface Probing extends Primaries {
  readonly intervalMs: number;
  /** Undefined: reads only. */
  readonly table: ProbeTable | undefined;
}

/** What is known of the probe when it has ended. */
export interface Probed<T> {
  readonly value: T;
  readonly probe: Probe;
  /** Rows that are there in the end; undefined: no table, or they could not be read. */
  readonly present: ReadonlySet<number> | undefined;
  /** The statement that removes a table that could not be removed. */
  readonly left: string | null;
}

/** Before anything is done, the probe has to go on for that long. */
const CALM_MS = 2000;

/**
 * Starts the probe, waits until it has gone on for a while, does some work, and clears away after
 * it, whatever happened meanwhile. Refuses when the probe does not work.
 */
export async function withProbe<T>(
  session: Session,
  probing: Probing,
  work: (probe: Probe) => Promise<T>,
): Promise<Probed<T>> {
  const { table } = probing;
  let probe: Probe | undefined;
  try {
    if (table) await makeTable(session, table, probing);
    session.signal.throwIfAborted();
    probe = new Probe(session, probing);
    await calm(session, probe);
    const value = await work(probe);
    await probe.stop();
    const present = table && (await presentRows(session, table, probing));
    const left = table ? await clearAway(session, table, probing) : null;
    return { value, probe, present, left };
  } catch (error) {
    // What was thrown first is what is told.
    await probe?.stop().catch(() => {});
    if (!table) throw error;
    throw asTold(session, error, await clearAway(session, table, probing));
  }
}

async function makeTable(session: Session, table: ProbeTable, primaries: Primaries): Promise<void> {
  session.io.err(`Making the probe table ${printable(table.name)}`);
  try {
    await createTable(session, table, primaries);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const message = `The probe table could not be made: ${printable(error.message)}`;
    throw new Refusal('no-probe-table', message, {
      hint: 'another --schema or --dbname, or --probe read, which needs no table',
    });
  }
}

async function calm(session: Session, probe: Probe): Promise<void> {
  await session.clock.sleep(CALM_MS, session.signal);
  const last = probe.answers.at(-1);
  if (last && last.atMs >= session.clock.monotonic() - CALM_MS / 2) return;
  const why = probe.lastError ? `: ${printable(probe.lastError.message)}` : '';
  const message = `Nothing was switched over: the probe gets no answers from the leader${why}`;
  throw new Refusal('probe-fails', message);
}

async function clearAway(
  session: Session,
  table: ProbeTable,
  primaries: Primaries,
): Promise<string | null> {
  session.io.err('Dropping the probe table: do not interrupt it');
  return dropTable(session, table, primaries);
}

/** After Ctrl-C it is said what became of the table: the sentence is all that is printed then. */
function asTold(session: Session, error: unknown, left: string | null): unknown {
  if (!session.signal.aborted) return error;
  const sentence = error instanceof Interrupted ? error.message : 'Interrupted';
  const table = left === null ? 'was dropped' : `is still there: ${left}`;
  return new Interrupted(`${sentence}; the probe table ${table}`);
}
