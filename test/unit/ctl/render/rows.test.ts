import { describe, expect, it } from 'vitest';
import { pythonStr } from '../../../../src/ctl/render/python-str.ts';
import { renderRows } from '../../../../src/ctl/render/rows.ts';
import { WholeFloat } from '../../../../src/model/json.ts';

const ROWS = {
  columns: ['TL', 'Reason'],
  rows: [
    [1, 'no recovery'],
    [2, ''],
  ],
  alignment: { TL: 'r' },
} as const;

describe('renderRows', () => {
  it('prints each format', () => {
    expect(renderRows({ ...ROWS, format: 'tsv' })).toBe('TL\tReason\n1\tno recovery\n2\t');
    expect(renderRows({ ...ROWS, format: 'json' })).toBe(
      '[{"TL": 1, "Reason": "no recovery"}, {"TL": 2, "Reason": ""}]',
    );
    expect(renderRows({ ...ROWS, format: 'yaml' })).toBe(
      "- Reason: no recovery\n  TL: 1\n- Reason: ''\n  TL: 2\n",
    );
    expect(renderRows({ ...ROWS, format: 'pretty' })).toContain('|  1 | no recovery |');
  });

  it('leaves empty values out of JSON and YAML when there is a header', () => {
    const rows = [['', 0, null, {}]];
    const columns = ['a', 'b', 'c', 'd'];
    expect(renderRows({ columns, rows, format: 'json', header: 'x' })).toBe(
      '[{"b": 0, "c": null, "d": {}}]',
    );
  });

  it('joins with the delimiter that is asked for, without a first line when none is named', () => {
    const rows = [['a', 'b']];
    expect(renderRows({ columns: [], rows, format: 'tsv', delimiter: ';' })).toBe('a;b');
  });

  it('lets nothing through that could steer a terminal', () => {
    const hostile = { columns: ['\u001b[2J'], rows: [['a\u001b]0;x\u0007\u202e\tb\nc']] };
    for (const format of ['pretty', 'tsv'] as const) {
      const text = renderRows({ ...hostile, header: '\r\u009b', format });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(text).toContain('a\\x1b]0;x\\x07\\u202e\\tb');
    }
    expect(renderRows({ ...hostile, format: 'json' })).toContain('\\u001b]0;x\\u0007\\u202e');
  });

  it('prints cells as they are when that is asked for', () => {
    const rows = [['a\u200db']];
    expect(renderRows({ columns: [], rows, format: 'tsv', raw: true })).toBe('a\u200db');
  });
});

describe('pythonStr', () => {
  it.each([
    ['text', 'text'],
    [null, 'None'],
    [true, 'True'],
    [5, '5'],
    [0.5, '0.5'],
    [new WholeFloat(5), '5.0'],
    [2n ** 70n, '1180591620717411303424'],
    [['a', "b'", '"\'', 1], `['a', "b'", '"\\'', 1]`],
    [{ a: { b: null } }, "{'a': {'b': None}}"],
  ])('%s', (value, text) => {
    expect(pythonStr(value)).toBe(text);
  });
});
