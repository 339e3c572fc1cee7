import type { ClusterView } from '../../model/cluster.ts';
import { formatLsn } from '../../model/lsn.ts';
import { pythonRound } from '../../model/python.ts';
import { printable } from '../../system/text.ts';
import { paintText, type Tone } from '../render/paint.ts';
import { pythonYaml } from '../render/python-yaml.ts';
import type { Format, Rows } from '../render/rows.ts';
import type { LagSeconds } from './lag-time.ts';
import {
  type MemberRow,
  memberRows,
  type Position,
  positionsOf,
  ROLE_TITLES,
  RUNNING_STATES,
} from './members.ts';
import { topologyRows } from './topology.ts';

/** How to lay out the table of members. */
export interface TableOptions {
  readonly format: Format;
  readonly extended: boolean;
  /** With a column for the Citus group … */
  readonly citus: boolean;
  /** … but not in a table whose title names it. */
  readonly groupInTitle: boolean;
  readonly lagSeconds?: LagSeconds | undefined;
  readonly color?: boolean;
}

const ALIGNMENT = {
  Group: 'r',
  TL: 'r',
  'Receive LSN': 'r',
  'Replay LSN': 'r',
  Lag: 'r',
  'Lag s': 'r',
} as const;

/** A member, and all that its cells need to know. */
interface Line {
  readonly row: MemberRow;
  readonly label: string;
  readonly scope: string;
  readonly group: number;
  readonly receive: Position | null;
  readonly replay: Position | null;
  readonly seconds: number | null;
}

interface Column {
  readonly title: string;
  readonly cell: (line: Line) => unknown;
  readonly tone?: (line: Line) => Tone;
}

/** Columns, cells and alignment of the table of members, as patronictl has them. */
export function memberTable(
  scope: string,
  groups: readonly (readonly [number, ClusterView])[],
  options: TableOptions,
): Pick<Rows, 'columns' | 'rows' | 'alignment' | 'paint'> {
  const grouped = groups.map(([group, view]) => ({ group, view, rows: memberRows(view) }));
  // patronictl looks only at members with an address when it chooses the columns.
  const addressed = grouped.flatMap(({ rows }) => rows).filter(({ host }) => host !== null);
  const columns = [
    ...leadingColumns(options, needsPort(addressed)),
    ...positionColumns(options),
    ...optionalColumns(options, addressed),
  ];
  const lines = grouped.flatMap(({ group, view, rows }) =>
    labelled(rows, options.format).map(({ row, label }): Line => {
      const seconds = options.lagSeconds?.(view, row.member) ?? null;
      return { row, label, scope, group, ...positionsOf(row), seconds };
    }),
  );
  const tones = columns.map(({ tone }) => tone);
  return {
    columns: columns.map(({ title }) => title),
    rows: lines.map((line) => columns.map(({ cell }) => cell(line))),
    alignment: ALIGNMENT,
    paint: options.color
      ? (text, row, column) => {
          const line = lines[row];
          return paintText(text, (line && tones[column]?.(line)) ?? 'plain');
        }
      : undefined,
  };
}

function labelled(rows: readonly MemberRow[], format: Format) {
  return format === 'topology'
    ? topologyRows(rows)
    : rows.map((row) => ({ row, label: row.member }));
}

/** The port is shown when it is unusual anywhere, or when two members share a host. */
function needsPort(rows: readonly MemberRow[]): boolean {
  return (
    rows.some(({ port }) => port !== null && port !== 5432) ||
    new Set(rows.map(({ host }) => host)).size < rows.length
  );
}

function isTable(format: Format): boolean {
  return format === 'pretty' || format === 'topology';
}

/** JSON and YAML escape text by themselves; elsewhere it must fit on its line. */
function textFor(format: Format): (text: string) => string {
  return isTable(format) || format === 'tsv' ? printable : (text) => text;
}

function leadingColumns(options: TableOptions, withPort: boolean): Column[] {
  const { format, citus, groupInTitle } = options;
  const text = textFor(format);
  const group: Column = { title: 'Group', cell: (line) => line.group };
  return [
    ...(isTable(format) ? [] : [{ title: 'Cluster', cell: (line: Line) => text(line.scope) }]),
    ...(citus && !(isTable(format) && groupInTitle) ? [group] : []),
    { title: 'Member', cell: ({ label }) => text(label) },
    { title: 'Host', cell: ({ row }) => text(hostOf(row, withPort)) },
    {
      title: 'Role',
      cell: ({ row }) => ROLE_TITLES[row.role],
      tone: ({ row }) => (row.role.endsWith('leader') ? 'leader' : 'plain'),
    },
    {
      title: 'State',
      cell: ({ row }) => text(row.state),
      tone: ({ row }) => (RUNNING_STATES.has(row.state) ? 'plain' : 'bad'),
    },
    { title: 'TL', cell: ({ row }) => row.timeline ?? '' },
  ];
}

function hostOf({ host, port }: MemberRow, withPort: boolean): string {
  if (host === null) return '';
  return withPort && port ? `${host}:${port}` : host;
}

function positionColumns({ format, lagSeconds }: TableOptions): Column[] {
  const lag = (name: string) => (isTable(format) ? 'Lag' : `${name} Lag`);
  const columns: Column[] = [
    { title: 'Receive LSN', cell: ({ receive }) => lsnText(receive) },
    { title: lag('Receive'), cell: ({ receive }) => megabytes(receive), tone: lagTone('receive') },
    { title: 'Replay LSN', cell: ({ replay }) => lsnText(replay) },
    { title: lag('Replay'), cell: ({ replay }) => megabytes(replay), tone: lagTone('replay') },
  ];
  if (!lagSeconds) return columns;
  const cell = ({ row, seconds }: Line) => (row.replay === null ? '' : (seconds ?? 'unknown'));
  return [...columns, { title: 'Lag s', cell }];
}

function lsnText(position: Position | null): string {
  if (position === null) return '';
  return position.lsn === null ? 'unknown' : formatLsn(position.lsn);
}

/** Lag in MB, rounded as Python rounds. */
function megabytes(position: Position | null): number | '' {
  if (position === null || position.lag === null) return '';
  return pythonRound(position.lag / 1024 / 1024);
}

function lagTone(which: 'receive' | 'replay'): (line: Line) => Tone {
  return (line) => (megabytes(line[which]) ? 'behind' : 'plain');
}

function optionalColumns(options: TableOptions, rows: readonly MemberRow[]): Column[] {
  const { format, extended } = options;
  const shownIf = (has: (row: MemberRow) => boolean, column: Column): Column[] =>
    extended || rows.some(has) ? [column] : [];
  return [
    ...shownIf((row) => row.pendingRestart, {
      title: 'Pending restart',
      cell: ({ row }) => (row.pendingRestart ? '*' : ''),
    }),
    ...shownIf((row) => Object.keys(row.pendingRestartReason).length > 0, {
      title: 'Pending restart reason',
      cell: ({ row }) => reasonText(row, format),
    }),
    ...shownIf((row) => row.scheduledRestart !== null, {
      title: 'Scheduled restart',
      cell: ({ row }) => textFor(format)(scheduleText(row)),
    }),
    ...shownIf((row) => Object.keys(row.tags).length > 0, {
      title: 'Tags',
      cell: ({ row }) => tagsCell(row, format),
    }),
  ];
}

/** One line for each parameter; values that are too long for a table are hidden. */
function reasonText({ pendingRestartReason }: MemberRow, format: Format): string {
  const text = textFor(format);
  const lines = Object.entries(pendingRestartReason).map(([parameter, change]) => {
    const line = `${parameter}: ${change.oldValue}->${change.newValue}`;
    const tooLong = isTable(format) && [...line].length > 50;
    return text(tooLong ? `${parameter}: [hidden - too long]` : line);
  });
  return lines.join('\n');
}

function scheduleText({ scheduledRestart }: MemberRow): string {
  if (!scheduledRestart) return '';
  const { schedule, postgresVersion } = scheduledRestart;
  return postgresVersion === undefined ? schedule : `${schedule} if version < ${postgresVersion}`;
}

/** Tags as YAML: lines in a table, `{…}` on one line in `topology` and `tsv`. */
function tagsCell({ tags }: MemberRow, format: Format): unknown {
  if (Object.keys(tags).length === 0) return '';
  if (!isTable(format) && format !== 'tsv') return tags;
  return pythonYaml(tags, { flow: format !== 'pretty' }).trim();
}
