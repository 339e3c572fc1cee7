import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableLines } from '../../../src/system/text.ts';

describe('printable', () => {
  it.each([
    ['pg1', 'pg1'],
    ['größe-数据库', 'größe-数据库'],
    ['a\u001b]0;owned\u0007', 'a\\x1b]0;owned\\x07'],
    ['a\u001b[2J', 'a\\x1b[2J'],
    ['one\r\ntwo\t', 'one\\r\\ntwo\\t'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u200bb\u009b', 'a\\u200bb\\x9b'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('keeps JSON what it is', () => {
    const value = { 'pg\u009b2J': 'a\u202eb\n"\u001b\u007fé数' };
    const text = printableJson(JSON.stringify(value, null, 2));
    expect(text).toBe('{\n  "pg\\u009b2J": "a\\u202eb\\n\\"\\u001b\\u007fé数"\n}');
    expect(JSON.parse(text)).toEqual(value);
  });

  it('can keep lines', () => {
    expect(printableLines('a\nb\u001b')).toBe('a\nb\\x1b');
  });
});
