import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../../src/wire/snapshot.ts';
import { snapshotReader } from '../../../src/wire/snapshot-reader.ts';
import { demoDocuments } from '../ctl/documents.ts';

const demo = Object.entries(demoDocuments()).map(([name, value]) => ({
  name,
  value,
  version: '7',
}));

function changed(name: string, change: { value?: string; version?: string }) {
  return demo.map((document) => (document.name === name ? { ...document, ...change } : document));
}

describe('snapshotReader', () => {
  it('reads what parseSnapshot reads, again and again', () => {
    const read = snapshotReader('demo');
    expect(read(demo)).toEqual(parseSnapshot('demo', demo));
    expect(read(demo)).toEqual(parseSnapshot('demo', demo));
    const fewer = demo.filter(({ name }) => name !== 'leader');
    expect(read(fewer)).toEqual(parseSnapshot('demo', fewer));
  });

  it('hands out the same parts as long as their documents do not change', () => {
    const read = snapshotReader('demo');
    const before = read(demo);
    const after = read(changed('status', { value: '{"optime":1}', version: '8' }));
    expect(after.status.lastLsn).toBe(1);
    expect(after.config).toBe(before.config);
    expect(after.members[0]).toBe(before.members[0]);
  });

  it('sees another version, and another value with the same version', () => {
    const read = snapshotReader('demo');
    read(demo);
    expect(read(changed('config', { version: '8' })).config?.version).toBe('8');
    const restored = changed('config', { value: '{"ttl":40}' });
    expect(read(restored).config?.settings.ttl).toBe(40);
  });

  it('warns of the same junk each time', () => {
    const read = snapshotReader('demo');
    const junk = changed('history', { value: '{' });
    expect(read(junk).warnings).toHaveLength(1);
    expect(read(junk).warnings).toHaveLength(1);
  });

  it('tells the groups of a Citus cluster apart', () => {
    const read = snapshotReader('demo');
    const documents = [0, 1].flatMap((group) => demo.map((document) => ({ ...document, group })));
    const leaders = documents.map((document) =>
      document.name === 'leader' ? { ...document, value: `pg${document.group + 1}` } : document,
    );
    expect(read(leaders)).toEqual(parseSnapshot('demo', leaders));
    expect(read(leaders).workers.get(1)?.leader).toBe('pg2');
  });
});
