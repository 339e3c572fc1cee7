import type { ValueChange } from '../../model/member.ts';
import { booleanOf, quantityOf, readableQuantity } from '../../model/parameter-values.ts';
import { isRecoveryParameter } from './recovery-names.ts';

/** One parameter that PostgreSQL itself says waits for a restart; see `PENDING_RESTART`. */
export interface PendingRow {
  readonly name: string;
  /** In `unit`, as in pg_settings. */
  readonly setting: string;
  /** As the files have it, or PostgreSQL's built-in value. */
  readonly wanted: string | null;
  readonly unit: string | null;
  /** `bool`, `integer`, `real`, `string`, `enum`. */
  readonly vartype: string;
}

/**
 * Asks for rows with the columns of `PendingRow`, in their order. PostgreSQL marks these when it
 * reads its files, also where an option of the postmaster counts for more than the file.
 */
export const PENDING_RESTART = `
  WITH file AS MATERIALIZED (
    SELECT DISTINCT ON (pg_catalog.lower(name)) pg_catalog.lower(name) AS name, setting
      FROM pg_catalog.pg_file_settings WHERE name IS NOT NULL
     ORDER BY pg_catalog.lower(name), seqno DESC)
  SELECT s.name, s.setting, coalesce(file.setting, s.boot_val) AS wanted, s.unit, s.vartype
    FROM pg_catalog.pg_settings s
    LEFT JOIN file ON file.name OPERATOR(pg_catalog.=) pg_catalog.lower(s.name)
   WHERE s.pending_restart ORDER BY s.name`;

/**
 * The reasons for a restart: each parameter's value now and after, as people write them. Those of
 * recovery are none: whom a standby follows is not for people to restart it for.
 */
export function pendingChanges(rows: readonly PendingRow[]): Record<string, ValueChange> {
  const changes = rows.flatMap((row): [string, ValueChange][] => {
    const oldValue = readable(row.setting, row);
    const newValue = readable(row.wanted ?? '', row);
    const ours = isRecoveryParameter(row.name) || row.name === 'hot_standby';
    return ours || oldValue === newValue ? [] : [[row.name, { oldValue, newValue }]];
  });
  return Object.fromEntries(changes);
}

function readable(text: string, { unit, vartype }: PendingRow): string {
  if (vartype === 'bool') {
    const on = booleanOf(text);
    return on === undefined ? text : on ? 'on' : 'off';
  }
  if (vartype !== 'integer' && vartype !== 'real') return text;
  const number = quantityOf(text, unit ?? undefined, vartype === 'real');
  if (number === undefined) return text;
  return unit === null ? String(number) : readableQuantity(number, unit);
}
