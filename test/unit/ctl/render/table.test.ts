import { describe, expect, it } from 'vitest';
import { paintText } from '../../../../src/ctl/render/paint.ts';
import { renderTable } from '../../../../src/ctl/render/table.ts';
import { textWidth } from '../../../../src/ctl/render/text-width.ts';

function lines(...text: string[]): string {
  return text.join('\n');
}

describe('renderTable', () => {
  it('has a header in its border, and aligns', () => {
    const table = {
      columns: ['Name', 'N'],
      rows: [
        ['a', '1'],
        ['bcdef', '10'],
      ],
      alignment: ['l', 'r'] as const,
      header: ' T ',
    };
    expect(renderTable(table)).toBe(
      lines(
        '+ T ----+----+',
        '| Name  |  N |',
        '+-------+----+',
        '| a     |  1 |',
        '| bcdef | 10 |',
        '+-------+----+',
      ),
    );
  });

  it('cuts a header that is too long, and draws both lines of an empty table', () => {
    const header = ' Cluster: a-very-long-name ';
    expect(renderTable({ columns: ['A'], rows: [], alignment: ['l'], header })).toBe(
      lines('+ Cl+', '| A |', '+---+', '+---+'),
    );
  });

  it('draws lines between the rows when a cell has several lines', () => {
    const rows = [
      ['a', 'x\ny'],
      ['b', ''],
    ];
    expect(renderTable({ columns: ['A', 'B'], rows, alignment: ['l', 'l'] })).toBe(
      lines(
        '+---+---+',
        '| A | B |',
        '+---+---+',
        '| a | x |',
        '|   | y |',
        '+---+---+',
        '| b |   |',
        '+---+---+',
      ),
    );
  });

  it('keeps its widths under colour', () => {
    const table = { columns: ['A'], rows: [['日本'], ['x']], alignment: ['l'] as const };
    const painted = renderTable({ ...table, paint: (line) => paintText(line, 'bad') });
    expect(painted).toContain('| \u001b[31m日本\u001b[0m |');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: taking the colours away
    expect(painted.replace(/\u001b\[[0-9;]*m/g, '')).toBe(renderTable(table));
  });
});

describe('textWidth', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['한국', 4],
    ['ｆｕｌｌ', 8],
    ['😀x', 3],
    ['🇩🇪', 2],
    ['äöü', 3],
    ['☃', 1],
  ])('%s takes %d columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});
