import { median } from '../measure.ts';

/** Everything that is measured of an agent, by its name in the table. */
export type Measured = string;

/** What was measured, once a round. */
export type Amounts = Map<Measured, number[]>;

interface Row {
  readonly measured: Measured;
  readonly what: string;
  readonly unit: 'ms' | 'µs' | 'MiB' | '/s' | '/min' | 'ms/min';
  /** Ours may be this share of Patroni's, or must be at least this many times as much … */
  readonly share?: number;
  readonly times?: number;
  /** … or may be this many units at the most. */
  readonly atMost?: number;
}

const OUTAGE = 'longest gap between acknowledged writes';

const ROWS: readonly Row[] = [
  row('planned switchover', OUTAGE, 'ms', { share: 0.2 }),
  row("clean stop of the leader's agent", OUTAGE, 'ms', { share: 0.2 }),
  row('postmaster killed', OUTAGE, 'ms', { share: 0.25 }),
  row('agent and postmaster killed, agent started again after 1 s', OUTAGE, 'ms', { share: 0.2 }),
  row('host lost', OUTAGE, 'ms', {}),
  row('host lost: after the lease', 'first write after the store dropped the lock', 'ms', {
    atMost: 1000,
  }),
  row('agent killed: two primaries', 'both accept writes', 'ms', { atMost: 0 }),
  row('agent killed: gap', OUTAGE, 'ms', {}),
  row('agent frozen: two primaries', 'both accept writes', 'ms', { atMost: 0 }),
  row('agent frozen: gap', OUTAGE, 'ms', {}),
  row('idle memory', 'resident, agent and guard', 'MiB', { share: 1 }),
  row('idle memory: private', 'without pages of files (RssAnon)', 'MiB', {}),
  row('bare Node: memory', 'a Node that does nothing', 'MiB', {}),
  row('bare Node: memory, private', 'a Node that does nothing', 'MiB', {}),
  row('idle CPU', 'three agents', 'ms/min', { share: 1 }),
  row('idle requests', 'to the store, three agents', '/min', { share: 1 }),
  row('requests per second', '`/primary`, 8 connections', '/s', { times: 4 }),
  row('p99', '`/primary`, 8 connections', 'ms', { atMost: 5 }),
  row('processor time per request', '`/primary`, 8 connections', 'µs', {}),
  row('requests per second, 1,000 idle sockets', '`/primary`, 8 connections', '/s', {}),
  row('p99, 1,000 idle sockets', '`/primary`, 8 connections', 'ms', { atMost: 5 }),
];

function row(
  measured: Measured,
  what: string,
  unit: Row['unit'],
  target: Pick<Row, 'share' | 'times' | 'atMost'>,
): Row {
  return { measured, what, unit, ...target };
}

/** The table of what was measured, as Markdown, and how many targets were missed. */
export function reportAgents(
  ours: Amounts,
  theirs: Amounts,
  rounds: number,
): { text: string; missed: number } {
  const measured = ROWS.filter((one) => ours.has(one.measured));
  const lines = measured.map((one) => {
    const own = median(ours.get(one.measured) ?? []);
    const other = theirs.has(one.measured) ? median(theirs.get(one.measured) ?? []) : undefined;
    const verdict = hasTarget(one) ? (isMet(one, own, other) ? 'met' : '**missed**') : '';
    return [
      one.measured,
      one.what,
      `${amount(own, one.unit)} (${worst(one, ours)})`,
      other === undefined ? '' : amount(other, one.unit),
      other === undefined || other === 0 ? '' : (own / other).toPrecision(2),
      targetText(one),
      verdict,
    ];
  });
  const header = ['What', '', 'pgherd, median (worst)', 'Patroni', 'Ratio', 'Target', ''];
  const text = [header, header.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  const missed = lines.filter((cells) => cells.at(-1) === '**missed**').length;
  return { text: `${text}\n\nMedians of ${rounds} rounds, in turns.`, missed };
}

function hasTarget({ share, times, atMost }: Row): boolean {
  return share !== undefined || times !== undefined || atMost !== undefined;
}

function isMet({ share, times, atMost }: Row, own: number, other: number | undefined): boolean {
  if (atMost !== undefined) return own <= atMost;
  if (other === undefined) return false;
  return times === undefined ? own <= other * (share ?? 1) : own >= other * times;
}

function targetText({ share, times, atMost, unit }: Row): string {
  if (atMost !== undefined) return `≤ ${amount(atMost, unit)}`;
  if (times !== undefined) return `≥ ${times} ×`;
  return share === undefined ? '' : `≤ ${share} ×`;
}

function worst({ measured, unit, times }: Row, amounts: Amounts): string {
  const all = amounts.get(measured) ?? [];
  const value = unit === '/s' || times !== undefined ? Math.min(...all) : Math.max(...all);
  return amount(value, unit);
}

function amount(value: number, unit: Row['unit']): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}
