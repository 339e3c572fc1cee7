import { describe, expect, test } from 'vitest';
import { isWhole, summaryText, topologyLines } from '../../../src/demo/words.ts';
import type { ClusterView } from '../../../src/model/cluster.ts';
import { parseSnapshot } from '../../../src/wire/snapshot.ts';

function viewOf(documents: Record<string, unknown>): ClusterView {
  const list = Object.entries(documents).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    version: '1',
  }));
  return parseSnapshot('demo', list);
}

const LEADER = { state: 'running', role: 'primary', timeline: 2, xlog_location: 5000 };
const STANDBY = {
  ...{ state: 'running', role: 'replica', timeline: 2, xlog_location: 2000 },
  replication_state: 'streaming',
};
const WHOLE = {
  leader: 'pg1',
  status: { optime: 5000 },
  sync: { leader: 'pg1', sync_standby: 'pg2' },
  'members/pg1': LEADER,
  'members/pg2': STANDBY,
};

describe('a cluster is whole', () => {
  test('when all are there, follow, and one is synchronous', () => {
    expect(isWhole(viewOf(WHOLE), 2, true)).toBe(true);
    const { 'members/pg2': _, ...alone } = WHOLE;
    expect(isWhole(viewOf(alone), 1, true)).toBe(true);
  });

  test.each([
    ['a member is missing', WHOLE, 3],
    ['nobody leads', { ...WHOLE, leader: undefined }, 2],
    ['the leader starts', { ...WHOLE, 'members/pg1': { ...LEADER, state: 'starting' } }, 2],
    ['a standby is behind', { ...WHOLE, 'members/pg2': { ...STANDBY, timeline: 1 } }, 2],
    ['a standby copies', { ...WHOLE, 'members/pg2': { state: 'creating replica' } }, 2],
    ['nobody is synchronous', { ...WHOLE, sync: { leader: 'pg1', sync_standby: '' } }, 2],
    ['sync is of a former leader', { ...WHOLE, sync: { leader: 'pg2', sync_standby: 'pg1' } }, 2],
  ])('not when %s', (_, documents, count) => {
    const entries = Object.entries(documents).filter(([, value]) => value !== undefined);
    expect(isWhole(viewOf(Object.fromEntries(entries)), count, true)).toBe(false);
  });
});

test('lines show who leads, and how far behind the others are', () => {
  expect(topologyLines(viewOf(WHOLE))).toEqual([
    'pg1 leads (running)',
    'pg2 streaming, sync, lag 3 kB',
  ]);
  expect(topologyLines(viewOf({ 'members/pg2': STANDBY }))[0]).toBe('nobody leads');
  expect(topologyLines(viewOf({}))).toEqual(['no member yet']);
});

test('the summary names outages and what was lost', () => {
  const outages = [{ deed: 'failover', ms: 1234.6 }];
  const summary = { acknowledged: 10, failed: 0, lost: 0, outages, seconds: 30 };
  expect(summaryText(summary)).toBe('failover: 1235 ms without a write\nacknowledged 10, lost 0');
  expect(summaryText({ ...summary, failed: 2 })).toMatch(/lost 0 \(2 more ended with an error/);
});
