import { describe, expect, it } from 'vitest';
import { history } from '../../../../src/ctl/inspect/history.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const options = { cluster: 'demo', group: undefined, format: 'tsv' } as const;

describe('history', () => {
  it('prints the LSN in bytes, as patronictl does', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    const result = await history(session, options);
    expect(session.stdout).toEqual([
      'TL\tLSN\tReason\tTimestamp\tNew Leader\n' +
        '1\t83886240\tno recovery target specified\t2026-01-01T10:00:00.5+02:00\tpg1',
    ]);
    expect(result.data).toEqual({
      cluster: 'demo',
      history: [
        {
          timeline: 1,
          lsn: 83886240,
          lsnText: '0/50000A0',
          reason: 'no recovery target specified',
          timestamp: '2026-01-01T08:00:00.500Z',
          newLeader: 'pg1',
        },
      ],
    });
    expectSchema('history', result);
  });

  it('fills up the short lines of old versions', async () => {
    const documents = demoDocuments({ history: '[[1,100,"why"],["x",null]]' });
    const session = fakeSession({ documents });
    const result = await history(session, options);
    expect(session.stdout[0]?.split('\n')[1]).toBe('1\t100\twhy\t\t');
    expectSchema('history', result);
  });

  it('prints an empty table when nothing has happened yet', async () => {
    const session = fakeSession({ documents: demoDocuments({ history: undefined }) });
    const result = await history(session, { ...options, format: 'json' });
    expect(session.stdout).toEqual(['[]']);
    expectSchema('history', result);
  });
});
