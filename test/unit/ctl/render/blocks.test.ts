import { expect, it } from 'vitest';
import { type Block, renderMarkdown, renderText } from '../../../../src/ctl/render/blocks.ts';

const BLOCKS: readonly Block[] = [
  { kind: 'title', level: 1, text: 'Report' },
  { kind: 'lines', lines: ['one_two', 'a\u001b[2Jb'] },
  { kind: 'title', level: 2, text: 'Part' },
  { kind: 'table', columns: ['A', 'B'], alignment: ['l', 'r'], rows: [['x|y', '1']] },
];

it('text: indented lines, tables with borders, nothing that steers a terminal', () => {
  expect(renderText(BLOCKS)).toBe(
    [
      ...['Report', '  one_two', '  a\\x1b[2Jb', '', 'Part'],
      ...['+-----+---+', '| A   | B |', '+-----+---+', '| x|y | 1 |', '+-----+---+'],
    ].join('\n'),
  );
});

it('Markdown: what comes from outside is no markup', () => {
  expect(renderMarkdown(BLOCKS)).toBe(
    [
      ...['# Report', '', '- one\\_two', '- a\\\\x1b\\[2Jb', '', '## Part', ''],
      ...['| A | B |', '| --- | ---: |', '| x\\|y | 1 |'],
    ].join('\n'),
  );
});
