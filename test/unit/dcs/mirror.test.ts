import { describe, expect, test } from 'vitest';
import { Mirror } from '../../../src/dcs/etcd3/session/mirror.ts';
import type { KeyEvent, KeyValue, RangeReply } from '../../../src/dcs/etcd3/transport.ts';

const PREFIX = '/service/demo/';

function header(revision: number, clusterId = 'c1') {
  return { clusterId, memberId: 'm1', revision, raftTerm: 2 };
}

function found(name: string, value: string, revision: number, lease?: string): KeyValue {
  const key = Buffer.from(PREFIX + name);
  return { key, value: Buffer.from(value), modRevision: String(revision), lease };
}

const range = (revision: number, kvs: KeyValue[], clusterId?: string): RangeReply => ({
  header: header(revision, clusterId),
  kvs,
});

const message = (revision: number, ...events: KeyEvent[]) => ({
  header: header(revision),
  created: false,
  events,
});

const put = (name: string, value: string, revision: number): KeyEvent =>
  found(name, value, revision);

const removal = (name: string, revision: number): KeyEvent => ({
  ...found(name, '', revision),
  value: undefined,
});

const shown = (mirror: Mirror): string[] =>
  mirror.documents.map(({ name, value }) => `${name}=${value}`);

describe('a mirror', () => {
  test('shows the documents in the order of their keys, and no others', () => {
    const mirror = new Mirror(PREFIX);
    const kvs = [found('status', 's', 3), found('config', 'c', 2), found('odd/key', 'x', 4)];
    expect(mirror.adopt(range(5, kvs), 0)).toBe(true);
    expect(shown(mirror)).toEqual(['config=c', 'status=s']);
    expect(mirror.revision).toBe(5);
    const { documents } = mirror;
    expect(mirror.adopt(range(6, kvs), 5)).toBe(false);
    expect(mirror.documents).toBe(documents);
    expect(mirror.revision).toBe(6);
  });

  test('takes over all changes of one revision', () => {
    const mirror = new Mirror(PREFIX);
    mirror.adopt(range(5, [found('leader', 'pg1', 2, '77')]), 0);
    expect(mirror.boundTo('77')).toHaveLength(1);
    mirror.apply(message(6, put('status', 's', 6), removal('leader', 6)));
    expect(shown(mirror)).toEqual(['status=s']);
    expect(mirror.revision).toBe(6);
  });

  test('passes over changes that it knows already', () => {
    const mirror = new Mirror(PREFIX);
    mirror.adopt(range(9, [found('leader', 'pg2', 9)]), 0);
    mirror.apply(message(8, put('leader', 'pg1', 7), removal('leader', 8)));
    expect(shown(mirror)).toEqual(['leader=pg2']);
    expect(mirror.revision).toBe(9);
  });

  test('passes over a range that is late', () => {
    const mirror = new Mirror(PREFIX);
    mirror.adopt(range(5, []), 0);
    const askedAt = mirror.revision;
    mirror.apply(message(7, put('leader', 'pg2', 7)));
    expect(mirror.adopt(range(6, [found('leader', 'pg1', 6)]), askedAt)).toBe(false);
    expect(shown(mirror)).toEqual(['leader=pg2']);
    expect(mirror.revision).toBe(7);
  });

  test('follows a store that has gone back, or that is another one', () => {
    const mirror = new Mirror(PREFIX);
    mirror.adopt(range(9, [found('leader', 'pg2', 9)]), 0);
    expect(mirror.adopt(range(4, [found('leader', 'pg1', 3)]), mirror.revision)).toBe(true);
    expect([shown(mirror), mirror.revision]).toEqual([['leader=pg1'], 4]);
    mirror.apply(message(8, put('leader', 'pg2', 8)));
    expect(mirror.adopt(range(5, [], 'c2'), 4)).toBe(true);
    expect([shown(mirror), mirror.revision, mirror.identity]).toEqual([[], 5, 'c2']);
  });

  test('tells two documents apart that have the same version in two lives of a store', () => {
    const mirror = new Mirror(PREFIX);
    mirror.adopt(range(9, [found('leader', 'pg2', 7)]), 0);
    expect(mirror.adopt(range(8, [found('leader', 'pg1', 7)]), 9)).toBe(true);
    expect(shown(mirror)).toEqual(['leader=pg1']);
    expect(mirror.adopt(range(8, [found('leader', 'pg1', 7, '5')]), 8)).toBe(true);
    expect(mirror.get('leader')?.lease).toBe('5');
  });

  test('says when a document that is watched has changed', () => {
    const mirror = new Mirror(PREFIX);
    let before = mirror.watched;
    const changes = (event: KeyEvent): boolean => {
      mirror.apply(message(Number(event.modRevision), event));
      const changed = mirror.watched !== before;
      before = mirror.watched;
      return changed;
    };
    expect(changes(put('members/pg1', '{}', 2))).toBe(true);
    expect(changes(put('members/pg1', '{"state":"running"}', 3))).toBe(false);
    expect(changes(removal('members/pg1', 4))).toBe(true);
    expect(changes(put('status', '{}', 5))).toBe(false);
    let revision = 6;
    for (const name of ['leader', 'failover', 'config', 'sync']) {
      expect(changes(put(name, 'x', revision))).toBe(true);
      expect(changes(put(name, 'x', revision + 1))).toBe(true);
      expect(changes(removal(name, revision + 2))).toBe(true);
      revision += 3;
    }
  });
});
