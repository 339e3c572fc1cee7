import { formatLsn } from '../../model/lsn.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { type Format, renderRows } from '../render/rows.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';

export interface HistoryOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  readonly format: Format;
}

const COLUMNS = ['TL', 'LSN', 'Reason', 'Timestamp', 'New Leader'];

/** Prints the timeline history: one line for each promotion, oldest first. */
export async function history(session: Session, options: HistoryOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  const lines = view.history ?? [];
  // Lines of old Patroni versions lack the last one or two fields.
  const rows = lines.map((line) => [...line, '', '', '', '', ''].slice(0, COLUMNS.length));
  const alignment = { TL: 'r', LSN: 'r' } as const;
  session.io.out(renderRows({ columns: COLUMNS, rows, format: options.format, alignment }));
  return done({ cluster: scope, history: lines.map(historyEntry) });
}

/** A line for programs: the LSN in bytes and as PostgreSQL prints it, the time in UTC. */
function historyEntry(line: readonly unknown[]) {
  const [timeline, lsn, reason, timestamp, newLeader] = line;
  const bytes = typeof lsn === 'number' ? lsn : null;
  return {
    timeline: typeof timeline === 'number' ? timeline : null,
    lsn: bytes,
    lsnText: bytes === null ? null : formatLsn(bytes),
    reason: typeof reason === 'string' ? reason : null,
    timestamp: utc(timestamp),
    newLeader: typeof newLeader === 'string' && newLeader !== '' ? newLeader : null,
  };
}

function utc(timestamp: unknown): string | null {
  if (typeof timestamp !== 'string') return null;
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
