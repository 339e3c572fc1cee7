import { printable } from '../../system/text.ts';
import { renderTable } from './table.ts';

/** A part of a document that is printed as text or as Markdown. */
export type Block =
  | { readonly kind: 'title'; readonly text: string; readonly level: 1 | 2 }
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly alignment: readonly ('l' | 'r')[];
      readonly rows: readonly (readonly string[])[];
    };

/** Plain text for a terminal. Text from outside is escaped. No newline at the end. */
export function renderText(blocks: readonly Block[]): string {
  return blocks.map(textOf).join('\n');
}

/** Markdown with tables as GitHub and GitLab know them. No newline at the end. */
export function renderMarkdown(blocks: readonly Block[]): string {
  return blocks.map(markdownOf).join('\n\n');
}

function textOf(block: Block): string {
  switch (block.kind) {
    case 'title':
      return block.level === 1 ? printable(block.text) : `\n${printable(block.text)}`;
    case 'lines':
      return block.lines.map((line) => `  ${printable(line)}`).join('\n');
    case 'table':
      return renderTable({ ...block, rows: block.rows.map((row) => row.map(printable)) });
  }
}

function markdownOf(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `${'#'.repeat(block.level)} ${literal(block.text)}`;
    case 'lines':
      return block.lines.map((line) => `- ${literal(line)}`).join('\n');
    case 'table': {
      const line = (cells: readonly string[]): string => `| ${cells.map(literal).join(' | ')} |`;
      const rule = block.alignment.map((side) => (side === 'r' ? '---:' : '---')).join(' | ');
      return [line(block.columns), `| ${rule} |`, ...block.rows.map(line)].join('\n');
    }
  }
}

/** Text that Markdown takes as it is, also in a table: names come from outside. */
function literal(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>|#&]/g, '\\$&');
}
