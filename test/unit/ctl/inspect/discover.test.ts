import { expect, it } from 'vitest';
import { discover } from '../../../../src/ctl/inspect/discover.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

it('shows every cluster of the namespace', async () => {
  const session = fakeSession({ documents: demoDocuments() });
  const result = await discover(session, { format: 'tsv' });
  expect(session.stdout).toEqual([
    'Cluster\tLeader\tMembers\tRunning\tTL\tState\ndemo\tpg1\t3\t3\t2\tok',
  ]);
  expectSchema('discover', result);
});

it.each([
  [{ initialize: undefined }, 'uninitialized'],
  [{ initialize: '' }, 'initializing'],
  [{ leader: undefined }, 'no leader'],
  [{ config: '{"pause":true}' }, 'paused'],
  [{ config: '{"standby_cluster":{"host":"10.1.0.1"}}' }, 'standby cluster'],
])('%j is shown as "%s"', async (changes, state) => {
  const session = fakeSession({ documents: demoDocuments(changes) });
  const result = await discover(session, { format: 'tsv' });
  expect(session.stdout[0]?.split('\t').at(-1)).toBe(state);
  expectSchema('discover', result);
});
