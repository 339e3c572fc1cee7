import { printable, printableLines } from '../../system/text.ts';
import { pythonJson } from './python-json.ts';
import { pythonStr } from './python-str.ts';
import { pythonYaml } from './python-yaml.ts';
import { renderTable } from './table.ts';

/** The formats of `-f`; `topology` is `pretty` for a list in the shape of a tree. */
export type Format = 'pretty' | 'topology' | 'tsv' | 'json' | 'yaml' | 'yml';

/** Rows with named columns, ready to be printed in any format. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly format: Format;
  /** Written into the top border; with it, JSON and YAML leave out empty values. */
  readonly header?: string | undefined;
  /** Column → `l` or `r`; left by default. */
  readonly alignment?: Readonly<Record<string, 'l' | 'r'>>;
  /** Between the columns of `tsv`; a tab by default. */
  readonly delimiter?: string | undefined;
  /** Print cells of `pretty` and `tsv` as they are, control characters included. */
  readonly raw?: boolean;
  /** Colours a padded line of a cell. */
  readonly paint?: ((line: string, row: number, column: number) => string) | undefined;
}

/**
 * Prints rows the way patronictl does, in one of its formats, without a newline at the end (but
 * YAML has its own). What could steer a terminal is escaped in `pretty` and `tsv`; JSON and YAML
 * escape by themselves.
 */
export function renderRows(input: Rows): string {
  switch (input.format) {
    case 'json':
      return pythonJson(objects(input));
    case 'yaml':
    case 'yml':
      return pythonYaml(objects(input));
    case 'tsv': {
      const lines = input.columns.length > 0 ? [input.columns, ...input.rows] : input.rows;
      const cell = cellText(input);
      return lines.map((line) => line.map(cell).join(input.delimiter ?? '\t')).join('\n');
    }
    case 'pretty':
    case 'topology':
      return pretty(input);
  }
}

function objects({ columns, rows, header }: Rows): Record<string, unknown>[] {
  return rows.map((row) => {
    const entries = columns.map((column, index) => [column, row[index] ?? null] as const);
    const shown = header ? entries.filter(([, value]) => value !== '') : entries;
    return Object.fromEntries(shown);
  });
}

function pretty(input: Rows): string {
  const { columns, rows, header, alignment = {}, paint } = input;
  return renderTable({
    columns: columns.map(printable),
    rows: rows.map((row) => row.map(cellText(input))),
    alignment: columns.map((column) => alignment[column] ?? 'l'),
    header: header === undefined ? undefined : printable(header),
    paint,
  });
}

function cellText({ raw }: Rows): (cell: unknown) => string {
  return raw ? pythonStr : (cell) => printableLines(pythonStr(cell));
}
