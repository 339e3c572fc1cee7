import { describe, expect, it } from 'vitest';
import { acceptsWrites, type Sample, writeOutageMs } from '../../../src/ha/write-outage.ts';
import { says } from './cluster-of.ts';

function sample(member: string, sentMs: number, role: string, state = 'running'): Sample {
  const report = says({ role, state });
  const status = report.ok && role !== '' ? report.status : undefined;
  return { member, sentMs, receivedMs: sentMs + 10, acceptsWrites: acceptsWrites(status) };
}

const ENDS = { from: 'pg1', to: 'pg2' };

describe('writeOutageMs', () => {
  it('counts from the last primary of old to the first of new', () => {
    const samples = [
      sample('pg1', 0, 'primary'),
      sample('pg2', 0, 'replica'),
      sample('pg1', 100, 'primary'),
      sample('pg1', 200, 'primary', 'stopping'),
      sample('pg1', 300, ''),
      sample('pg2', 1900, 'replica'),
      sample('pg2', 2000, 'primary'),
      sample('pg2', 2100, 'primary'),
    ];
    expect(writeOutageMs(samples, ENDS)).toBe(1910);
  });

  it.each([
    ['the old leader was never seen', [sample('pg2', 500, 'primary')]],
    ['its end was not seen', [sample('pg1', 0, 'primary'), sample('pg2', 500, 'primary')]],
    ['the new one was never seen', [sample('pg1', 0, 'primary'), sample('pg1', 9, '')]],
    [
      'they lead a standby cluster',
      [
        sample('pg1', 0, 'standby_leader'),
        sample('pg1', 9, 'replica'),
        sample('pg2', 20, 'standby_leader'),
      ],
    ],
  ])('is null when %s', (_, samples) => {
    expect(writeOutageMs(samples, ENDS)).toBeNull();
  });

  it('is null without an old or a new leader', () => {
    expect(writeOutageMs([], { from: undefined, to: 'pg2' })).toBeNull();
    expect(writeOutageMs([], { from: 'pg1', to: null })).toBeNull();
  });
});
