import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../../src/wire/snapshot.ts';
import { demoDocuments } from '../ctl/documents.ts';

function view(documents: Record<string, string>, group?: number) {
  const list = Object.entries(documents).map(([name, value]) => ({ name, value, version: '7' }));
  return parseSnapshot('demo', list, group);
}

describe('parseSnapshot', () => {
  it('reads a healthy cluster without a warning', () => {
    const cluster = view(demoDocuments());
    expect(cluster).toMatchObject({
      scope: 'demo',
      initialize: '7000000000000000000',
      leader: 'pg1',
      status: { lastLsn: 83886592, retainSlots: ['pg1', 'pg2', 'pg3'] },
      config: { version: '7', settings: { ttl: 30, loopWait: 10, pause: false } },
      warnings: [],
    });
    expect(cluster.members.map(({ name }) => name)).toEqual(['pg1', 'pg2', 'pg3']);
    expect(cluster.workers.size).toBe(0);
  });

  it('knows a leader that has no document', () => {
    const cluster = view({ leader: 'gone' });
    expect(cluster).toMatchObject({ leader: 'gone', members: [] });
    expect(cluster.group).toBeUndefined();
  });

  it('tells a bootstrap that runs from one that never began', () => {
    expect(view({ initialize: '' }).initialize).toBe('');
    expect(view({}).initialize).toBeUndefined();
  });

  it('prefers the status to the old optime, whatever comes first', () => {
    for (const names of [
      ['status', 'optime/leader'],
      ['optime/leader', 'status'],
    ]) {
      const values: Record<string, string> = { status: '{"optime":5}', 'optime/leader': '4' };
      const documents = names.map((name) => [name, values[name] ?? '']);
      expect(view(Object.fromEntries(documents)).status.lastLsn).toBe(5);
    }
    expect(view({ 'optime/leader': '4' }).status.lastLsn).toBe(4);
  });

  const JUNK = ['{', '[]', 'null', '"x"', '\ud800', '[[['.repeat(50_000), 'x'.repeat(1_000_000)];
  const KEYS = ['config', 'members/pg9', 'sync', 'status', 'history', 'failsafe'];

  it.each(KEYS)('takes junk in %s as empty, with one warning', (key) => {
    for (const junk of JUNK) {
      if (key === 'history' && junk === '[]') continue;
      const cluster = view({ ...demoDocuments(), [key]: junk });
      expect(cluster.warnings).toEqual([
        `The key demo/${key} in the DCS makes no sense and was taken as empty`,
      ]);
      expect(cluster.members.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('keeps junk of which the version matters: it can be replaced', () => {
    expect(view({ config: '{' }).config).toMatchObject({ data: {}, version: '7' });
    expect(view({ failover: 'null' }).failover).toEqual({ version: '7' });
    expect(view({ 'members/pg9': '{' }).members).toMatchObject([
      { name: 'pg9', state: '', role: '', tags: {}, documentVersion: '7' },
    ]);
  });

  it('never throws, whatever the values', () => {
    const value = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...JUNK.slice(0, 5)));
    const name = fc.constantFrom(...KEYS, 'leader', 'initialize', 'failover', 'optime/leader');
    fc.assert(
      fc.property(fc.dictionary(name, value), (documents) => {
        expect(view(documents).scope).toBe('demo');
      }),
    );
  });
});

describe('Citus', () => {
  const documents = [
    { group: 2, name: 'leader', value: 'w2', version: '1' },
    { group: 0, name: 'leader', value: 'c', version: '1' },
    { group: 10, name: 'config', value: '{', version: '1' },
  ];

  it('is the coordinator with its workers when no group is named', () => {
    const cluster = parseSnapshot('demo', documents);
    expect(cluster).toMatchObject({ group: 0, leader: 'c' });
    expect([...cluster.workers.keys()]).toEqual([2, 10]);
    expect(cluster.workers.get(2)?.leader).toBe('w2');
    expect(cluster.warnings).toEqual([
      'The key demo/10/config in the DCS makes no sense and was taken as empty',
    ]);
  });

  it('is one group when that is named', () => {
    expect(parseSnapshot('demo', documents, 2)).toMatchObject({ group: 2, leader: 'w2' });
    const alone = [{ name: 'leader', value: 'w2', version: '1' }];
    expect(parseSnapshot('demo', alone, 2)).toMatchObject({ group: 2, leader: 'w2' });
  });

  it('has no part in a plain cluster', () => {
    const plain = { name: 'leader', value: 'pg1', version: '1' };
    const cluster = parseSnapshot('demo', [...documents, plain]);
    expect(cluster).toMatchObject({ leader: 'pg1' });
    expect(cluster.workers.size).toBe(0);
  });
});
