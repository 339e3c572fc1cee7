import { textWidth } from './text-width.ts';

/** A table as text; cells may have several lines. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** One for each column. */
  readonly alignment: readonly ('l' | 'r')[];
  /** Written into the top border. */
  readonly header?: string | undefined;
  /** Colours a padded line of a cell: adds escapes, changes no visible character. */
  readonly paint?: ((line: string, row: number, column: number) => string) | undefined;
}

/**
 * Draws a table the way patronictl does: `+---+` borders, `|` between the cells, one blank on both
 * sides; lines between the rows when any cell has several lines. No newline at its end.
 */
export function renderTable(table: Table): string {
  const rows = table.rows.map((row) => row.map((cell) => cell.split('\n')));
  const widths = table.columns.map((title, column) =>
    Math.max(textWidth(title), ...rows.map((row) => widest(row[column] ?? []))),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const draw = (cells: readonly string[][], row: number) => drawRow({ table, widths, cells, row });
  const separate = rows.some((row) => row.some((lines) => lines.length > 1));
  const body = rows.flatMap((row, index) => {
    const lines = draw(row, index);
    return separate && index > 0 ? [rule, ...lines] : lines;
  });
  const titles = draw(
    table.columns.map((title) => [title]),
    -1,
  );
  return [topRule(rule, table.header ?? ''), ...titles, rule, ...body, rule].join('\n');
}

function widest(lines: readonly string[]): number {
  return lines.reduce((width, line) => Math.max(width, textWidth(line)), 0);
}

/** The border with the header in it, cut where the table ends. Counted in code points. */
function topRule(rule: string, header: string): string {
  const characters = [...header].slice(0, Math.max(0, rule.length - 2));
  return `${rule[0]}${characters.join('')}${rule.slice(1 + characters.length)}`;
}

function drawRow(input: {
  table: Table;
  widths: readonly number[];
  cells: readonly (readonly string[])[];
  row: number;
}): string[] {
  const { table, widths, cells, row } = input;
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, number) => {
    const parts = widths.map((width, column) => {
      const line = cells[column]?.[number] ?? '';
      const blanks = ' '.repeat(Math.max(0, width - textWidth(line)));
      const padded = table.alignment[column] === 'r' ? blanks + line : line + blanks;
      return row >= 0 && table.paint ? table.paint(padded, row, column) : padded;
    });
    return `| ${parts.join(' | ')} |`;
  });
}
