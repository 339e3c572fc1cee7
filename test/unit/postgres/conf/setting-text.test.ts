import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readSettings,
  settingLine,
  unwritable,
  valueText,
} from '../../../../src/postgres/conf/setting-text.ts';

describe('valueText', () => {
  it.each([
    [true, 'on'],
    [false, 'off'],
    [100, '100'],
    [0.5, '0.5'],
    [1e-7, '1e-07'],
    [2n ** 60n, '1152921504606846976'],
    ['16MB', '16MB'],
  ])('%s is %s', (value, text) => {
    expect(valueText(value)).toBe(text);
  });
});

describe('settingLine', () => {
  it('doubles quotes and backslashes', () => {
    expect(settingLine('archive_command', `cp '%p' C:\\wal`)).toBe(
      `archive_command = 'cp ''%p'' C:\\\\wal'`,
    );
  });

  it('is read back as it was', () => {
    const value = fc.string({ unit: 'binary' }).filter((text) => !/[\0\r\n]/.test(text));
    fc.assert(
      fc.property(value, (text) => {
        expect(readSettings(settingLine('a.b', text)).get('a.b')).toBe(text);
      }),
    );
  });
});

describe('unwritable', () => {
  it.each(['work_mem', 'DateStyle', 'pg_stat_statements.max', 'a$1'])('takes %s', (name) => {
    expect(unwritable(name, '1')).toBeUndefined();
  });

  it.each(['', 'a b', "a'", 'a\nb', 'a.', '1a', 'a = 1\nb', '__proto__.', '#a'])(
    'refuses the name %j',
    (name) => {
      expect(unwritable(name, '1')).toBeDefined();
    },
  );

  it.each(['include', 'INCLUDE_DIR', 'include_if_exists', 'data_directory', 'config_file'])(
    'refuses %s, which would read something else',
    (name) => {
      expect(unwritable(name, '/etc/passwd')).toBeDefined();
    },
  );

  it.each(['a\nb', 'a\r', 'a\0'])('refuses the value %j', (value) => {
    expect(unwritable('work_mem', value)).toBeDefined();
  });
});

describe('readSettings', () => {
  it('reads what PostgreSQL reads, the last one of each name', () => {
    const text = [
      '# comment = 1',
      "include 'postgresql.base.conf'",
      "Port = '5433' # a comment",
      'work_mem=4MB',
      "log_line_prefix '%m [%p] '",
      String.raw`x.tab = '\t\'\061\\'`,
      "work_mem = '8MB'",
      "broken = 'never closed",
      '',
    ].join('\n');
    expect([...readSettings(text)]).toEqual([
      ['include', 'postgresql.base.conf'],
      ['port', '5433'],
      ['work_mem', '8MB'],
      ['log_line_prefix', '%m [%p] '],
      ['x.tab', "\t'1\\"],
    ]);
  });
});
