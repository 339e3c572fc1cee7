import { describe, expect, it } from 'vitest';
import { fillIn } from '../../../../src/postgres/jobs/archive-ready.ts';
import { quoteName, quoteText } from '../../../../src/postgres/jobs/roles.ts';
import { toolArguments } from '../../../../src/postgres/jobs/tool-options.ts';

describe('toolArguments', () => {
  it('are the options without those that are decided here', () => {
    const options = [
      { name: 'max-rate', value: '100M' },
      { name: 'verbose' },
      { name: 'pgdata', value: '/etc' },
      { name: 'x y' },
    ];
    expect(toolArguments('basebackup', options, ['pgdata'])).toEqual({
      args: ['--max-rate=100M', '--verbose'],
      refused: [
        'pgdata option for basebackup is not allowed',
        'x y option for basebackup is not allowed',
      ],
    });
  });
});

describe('fillIn', () => {
  it('puts in what PostgreSQL does', () => {
    const name = '000000010000000000000003';
    expect(fillIn('cp %p /a/%f 100%% %x %', name)).toBe(
      'cp pg_wal/000000010000000000000003 /a/000000010000000000000003 100% %x %',
    );
  });
});

describe('quoting for SQL', () => {
  it('doubles quotes', () => {
    expect(quoteName('a"b')).toBe('"a""b"');
    expect(quoteText(`a'b\\`)).toBe(`'a''b\\'`);
  });
});
