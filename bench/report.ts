/** One measured thing: ours beside what it is held against. */
export interface Line {
  readonly node: string;
  readonly what: string;
  readonly unit: 'ms' | 'MiB';
  readonly ours: number;
  readonly theirs: number;
  /** Ours may be this share of theirs … */
  readonly share?: number | undefined;
  /** … or this many units; with neither there is no target. */
  readonly atMost?: number;
}

export interface Circumstances {
  readonly rounds: number;
  readonly sample: number;
  readonly patroni: string;
  readonly machine: string;
}

interface Report {
  readonly table: string;
  /** Its section in docs/benchmarks.md. */
  readonly section: string;
  readonly missed: number;
}

/** The table, the page with it, and how many targets were missed. */
export function report(lines: readonly Line[], circumstances: Circumstances): Report {
  const header = ['Node', 'What', 'Ours', 'patronictl', 'Ratio', 'Target', ''];
  const rows = lines.map((line) => [
    line.node,
    line.what,
    amount(line.ours, line.unit),
    amount(line.theirs, line.unit),
    (line.ours / line.theirs).toPrecision(2),
    target(line),
    hasTarget(line) ? (met(line) ? 'met' : 'MISSED') : '',
  ]);
  const table = markdown([header, ...rows]);
  return {
    table,
    section: section(table, circumstances),
    missed: lines.filter((line) => !met(line)).length,
  };
}

function met(line: Line): boolean {
  return line.ours <= (line.atMost ?? line.theirs * (line.share ?? Number.POSITIVE_INFINITY));
}

function hasTarget({ share, atMost }: Line): boolean {
  return share !== undefined || atMost !== undefined;
}

function target({ share, atMost, unit }: Line): string {
  if (atMost !== undefined) return `≤ ${amount(atMost, unit)}`;
  return share === undefined ? '' : `≤ ${share} ×`;
}

function amount(value: number, unit: Line['unit']): string {
  if (unit === 'ms' && value >= 10_000) return `${(value / 1000).toFixed(0)} s`;
  return `${value.toFixed(unit === 'ms' ? 0 : 1)} ${unit}`;
}

function markdown(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function section(table: string, { rounds, sample, patroni, machine }: Circumstances): string {
  return `${table}

- Medians of ${rounds} runs of each program, in turns, after one that is not counted. From the start
  of the process to its end, stdout to \`/dev/null\`, on ${machine}.
- patronictl is that of Patroni ${patroni}, run by the system's Python. Both read the same documents
  from the same etcd on loopback, with the same configuration file.
- patronictl has no \`list --all\`. What stands there is reckoned: it was given ${sample} cluster names
  in one call, and the time for each further one was multiplied. A loop that starts patronictl for
  each cluster takes longer than that.
- The lines "nothing" show what Node and Python take before any code of ours or theirs runs
  (\`node -e 0\`, \`python3 -c pass\`).
- In the line with 100 members the second number is ours of 3 members, not patronictl's.`;
}
