import { describe, expect, it } from 'vitest';
import { list } from '../../../src/ctl/list/list.ts';
import { expectSchema } from '../schema.ts';
import { demoDocuments, memberDocument } from './documents.ts';
import { fakeSession } from './fake-session.ts';

const TOPOLOGY = {
  clusters: [],
  group: undefined,
  format: 'topology',
  extended: false,
  timestamp: false,
  all: false,
  lagTime: false,
  watch: undefined,
} as const;

function follows(name: string, source: unknown): string {
  return memberDocument(name, { tags: { replicatefrom: source } });
}

/** Member, level, source of each row. */
async function treeOf(documents: Record<string, string>) {
  const session = fakeSession({ documents });
  const result = await list(session, TOPOLOGY);
  expectSchema('topology', result);
  const data = result.data as {
    clusters: { members: { member: string; level: number; replicatesFrom: string | null }[] }[];
  };
  const rows = data.clusters[0]?.members ?? [];
  return rows.map(({ member, level, replicatesFrom }) => [member, level, replicatesFrom]);
}

describe('topology', () => {
  it('puts each member below the one it replicates from', async () => {
    const documents = demoDocuments({
      'members/pg2': follows('pg2', 'pg4'),
      'members/pg4': follows('pg4', 'pg1'),
      'members/pg5': follows('pg5', 'pg2'),
    });
    expect(await treeOf(documents)).toEqual([
      ['pg1', 0, null],
      ['pg3', 1, 'pg1'],
      ['pg4', 1, 'pg1'],
      ['pg2', 2, 'pg4'],
      ['pg5', 3, 'pg2'],
    ]);
  });

  it('knows tags that name nobody, the member itself, or make no sense', async () => {
    const documents = demoDocuments({
      'members/pg2': follows('pg2', 'pg2'),
      'members/pg3': follows('pg3', 'nobody'),
      'members/pg4': follows('pg4', { a: 1 }),
      'members/__proto__': follows('pg5', '__proto__'),
    });
    expect((await treeOf(documents)).map(([, level]) => level)).toEqual([0, 1, 1, 1, 1]);
  });

  it('shows the replicas of a cluster without a leader', async () => {
    const documents = demoDocuments({
      leader: undefined,
      'members/pg3': follows('pg3', 'pg2'),
    });
    expect(await treeOf(documents)).toEqual([
      ['pg1', 1, null],
      ['pg2', 1, null],
      ['pg3', 2, 'pg2'],
    ]);
  });

  it('loses no member in a circle', async () => {
    const documents = demoDocuments({
      'members/pg2': follows('pg2', 'pg3'),
      'members/pg3': follows('pg3', 'pg2'),
    });
    expect(await treeOf(documents)).toEqual([
      ['pg1', 0, null],
      ['pg2', 1, 'pg3'],
      ['pg3', 2, 'pg2'],
    ]);
  });
});
