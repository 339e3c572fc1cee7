import { describe, expect, test } from 'vitest';
import { EtcdRefusal } from '../../../src/embedded/api/refusal.ts';
import { StoreRig } from './rig.ts';

// What etcd itself answers to requests like these is held against it in
// test/contract/embedded.test.ts.

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof EtcdRefusal) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('a range', () => {
  function filled(): StoreRig {
    const rig = new StoreRig();
    for (const key of ['b', 'a', 'c']) rig.put(key, key.toUpperCase());
    rig.put('a', 'Z');
    return rig;
  }

  test.each([
    ['in the order of keys', {}, ['a=Z', 'b=B', 'c=C']],
    ['limited', { limit: 2 }, ['a=Z', 'b=B']],
    ['the other way round', { sort_order: 'DESCEND' }, ['c=C', 'b=B', 'a=Z']],
    ['by age', { sort_target: 'CREATE', sort_order: 'ASCEND' }, ['b=B', 'a=Z', 'c=C']],
    ['by value', { sort_target: 'VALUE', sort_order: 'DESCEND' }, ['a=Z', 'c=C', 'b=B']],
    ['keys only', { keys_only: true, limit: 1 }, ['a=']],
    ['as it was', { revision: 3 }, ['a=A', 'b=B']],
    ['what was changed since', { min_mod_revision: 4 }, ['a=Z', 'c=C']],
    ['what was made until then', { max_create_revision: 3 }, ['a=Z', 'b=B']],
  ])('%s', (_, more, expected) => {
    expect(filled().all(more)).toEqual(expected);
  });

  test('counts all that there is, whatever it shows', () => {
    const ask = (more: object) => filled().ask('KV/Range', { key: 'a', range_end: 'z', ...more });
    expect(ask({ limit: 1 })).toMatchObject({ count: '3', more: true });
    expect(ask({ count_only: true })).toEqual({ count: '3' });
  });

  test('knows neither the future nor what is forgotten', () => {
    const rig = filled();
    rig.ask('KV/Compact', { revision: 4 });
    expect(refusal(() => rig.all({ revision: 6 }))).toMatch(/^11 .*future revision$/);
    expect(refusal(() => rig.all({ revision: 3 }))).toMatch(/^11 .*has been compacted$/);
    expect(rig.all({ revision: 4 })).toEqual(['a=A', 'b=B', 'c=C']);
    expect(refusal(() => rig.ask('KV/Compact', { revision: 4 }))).toMatch(/compacted$/);
    expect(refusal(() => rig.ask('KV/Compact', { revision: 9 }))).toMatch(/future revision$/);
  });
});

describe('a put', () => {
  test('shows what was there, keeps the value or the lease when it is told to', () => {
    const rig = new StoreRig();
    rig.ask('Lease/LeaseGrant', { ID: 5, TTL: 60 });
    rig.put('a', '1', { lease: 5 });
    expect(
      rig.ask('KV/Put', { key: 'a', value: '2', ignore_lease: true, prev_kv: true }),
    ).toMatchObject({ prev_kv: { value: Buffer.from('1').toString('base64'), lease: '5' } });
    rig.put('a', '', { ignore_value: true });
    expect(rig.store.keys.get('a')).toMatchObject({ version: 3, lease: undefined });
    expect(rig.all()).toEqual(['a=2']);
  });

  test.each([
    ['no key', { key: '', value: 'x' }, /^3 .*key is not provided$/],
    ['no such lease', { key: 'a', value: 'x', lease: 9 }, /^5 .*requested lease not found$/],
    ['nothing to keep', { key: 'b', ignore_value: true }, /^3 .*key not found$/],
    ['two values', { key: 'a', value: 'x', ignore_value: true }, /^3 .*value is provided$/],
    ['too much', { key: 'a', value: 'x'.repeat(1_600_000) }, /^3 .*request is too large$/],
  ])('with %s is refused', (_, request, expected) => {
    const rig = new StoreRig();
    rig.put('a', '1');
    expect(refusal(() => rig.ask('KV/Put', request))).toMatch(expected);
    expect(rig.all()).toEqual(['a=1']);
  });
});

describe('a transaction', () => {
  const put = (key: string, value: string, more = {}) => ({ request_put: { key, value, ...more } });
  const look = { request_range: { key: 'a', range_end: 'z' } };

  test.each([
    [{ target: 'CREATE', create_revision: 0, key: 'none' }, true],
    [{ target: 'CREATE', create_revision: 0, key: 'a' }, false],
    [{ target: 'MOD', mod_revision: 2, key: 'a' }, true],
    [{ target: 'MOD', mod_revision: 2, key: 'a', result: 'GREATER' }, false],
    [{ target: 'MOD', mod_revision: 3, key: 'a', result: 'LESS' }, true],
    [{ target: 'VERSION', version: 1, key: 'a', result: 'NOT_EQUAL' }, false],
    [{ target: 'LEASE', lease: 0, key: 'a' }, true],
    [{ target: 'LEASE', lease: 7, key: 'a' }, false],
    [{ target: 'LEASE', lease: 7, key: 'a', result: 'LESS' }, true],
    [{ target: 'VALUE', value: '1', key: 'a' }, true],
    [{ target: 'VALUE', value: '1', key: 'none' }, false],
    [{ target: 'VALUE', value: '1', key: 'none', result: 'NOT_EQUAL' }, false],
    [{ target: 'VALUE', value: '0', key: 'a', range_end: 'c', result: 'GREATER' }, true],
    [{ target: 'VALUE', value: '1', key: 'a', range_end: 'c', result: 'GREATER' }, false],
  ])('%j is %j', (compare, expected) => {
    const rig = new StoreRig();
    rig.put('a', '1');
    rig.put('b', '2');
    const { succeeded = false } = rig.ask('KV/Txn', { compare: [compare] });
    expect(succeeded).toBe(expected);
  });

  test('sees its own changes, in one revision', () => {
    const rig = new StoreRig();
    rig.put('gone', '1');
    const removal = { request_delete_range: { key: 'gone' } };
    const { responses } = rig.ask('KV/Txn', { success: [put('b', '2'), removal, look] });
    expect(responses).toMatchObject([
      { response_put: {} },
      { response_delete_range: { deleted: '1' } },
      { response_range: { count: '1', kvs: [{ mod_revision: '3' }] } },
    ]);
    expect(rig.store.keys.revision).toBe(3);
  });

  test('in a transaction decides before anything is changed', () => {
    const rig = new StoreRig();
    rig.put('sync', 'theirs');
    // As Patroni writes: only if it is mine, or nobody's.
    const mine = { target: 'VALUE', value: 'mine', key: 'leader' };
    const nobodys = { target: 'CREATE', create_revision: 0, key: 'leader' };
    const request = {
      compare: [mine],
      success: [put('leader', 'mine')],
      failure: [{ request_txn: { compare: [nobodys], success: [put('leader', 'mine')] } }],
    };
    expect(rig.ask('KV/Txn', request)).toMatchObject({
      responses: [{ response_txn: { succeeded: true } }],
    });
    expect(rig.ask('KV/Txn', request)).toMatchObject({ succeeded: true });
    rig.put('leader', 'theirs');
    rig.ask('KV/Txn', request);
    expect(rig.all()).toEqual(['leader=theirs', 'sync=theirs']);
  });

  test.each([
    ['a lease that is not there', [put('a', '9'), put('b', '9', { lease: 3 })], /lease not found/],
    ['a key that is put twice', [put('b', '1'), put('b', '2')], /duplicate key/],
    [
      'a key that is put and removed',
      [put('b', '1'), { request_delete_range: { key: 'a', range_end: 'z' } }],
      /duplicate key/,
    ],
    ['no key', [put('b', '1'), { request_range: {} }], /key is not provided/],
  ])('with %s does nothing', (_, success, expected) => {
    const rig = new StoreRig();
    rig.put('a', '1');
    expect(refusal(() => rig.ask('KV/Txn', { success }))).toMatch(expected);
    expect(rig.all()).toEqual(['a=1']);
    expect(rig.store.keys.revision).toBe(2);
  });
});

describe('a lease', () => {
  test('takes its keys with it, when it ends and when it is revoked', () => {
    const rig = new StoreRig();
    rig.ask('Lease/LeaseGrant', { ID: 5, TTL: 1 });
    rig.ask('Lease/LeaseGrant', { ID: 6, TTL: 60 });
    rig.put('a', '1', { lease: 5 });
    rig.put('b', '2', { lease: 6 });
    rig.put('c', '3');
    rig.now = 999;
    expect(rig.all()).toHaveLength(3);
    rig.now = 1000;
    expect(rig.all()).toEqual(['b=2', 'c=3']);
    rig.ask('Lease/LeaseRevoke', { ID: 6 });
    expect(rig.all()).toEqual(['c=3']);
  });

  test('no longer takes a key that was written without it', () => {
    const rig = new StoreRig();
    rig.ask('Lease/LeaseGrant', { ID: 5, TTL: 1 });
    rig.put('a', '1', { lease: 5 });
    rig.put('a', '2');
    rig.now = 5000;
    expect(rig.all()).toEqual(['a=2']);
  });

  test('that is not there has no TTL; one that is, cannot be granted again', () => {
    const rig = new StoreRig();
    expect(rig.ask('Lease/LeaseKeepAlive', { ID: 5 })).toEqual({ ID: '5' });
    expect(rig.ask('Lease/LeaseTimeToLive', { ID: 5 })).toEqual({ ID: '5', TTL: '-1' });
    expect(refusal(() => rig.ask('Lease/LeaseRevoke', { ID: 5 }))).toMatch(/^5 /);
    rig.ask('Lease/LeaseGrant', { ID: 5, TTL: 30 });
    expect(refusal(() => rig.ask('Lease/LeaseGrant', { ID: 5, TTL: 30 }))).toMatch(/^9 .*exists$/);
    rig.now = 10_000;
    expect(rig.ask('Lease/LeaseTimeToLive', { ID: 5 })).toEqual({
      ...{ ID: '5', TTL: '20', grantedTTL: '30' },
    });
    expect(rig.ask('Lease/LeaseKeepAlive', { ID: 5 })).toEqual({ ID: '5', TTL: '30' });
    expect(rig.ask('Lease/LeaseLeases', {})).toEqual({ leases: [{ ID: '5' }] });
  });

  test('without an id gets one', () => {
    const { ID, TTL } = new StoreRig().ask('Lease/LeaseGrant', { TTL: 7 });
    expect(Number(ID)).toBeGreaterThan(0);
    expect(TTL).toBe('7');
  });
});

describe('a watch', () => {
  const key = (text: string) => Buffer.from(text).toString('base64');

  test('tells of each transaction in its range, once', () => {
    const rig = new StoreRig();
    rig.put('a', '0');
    const { told } = rig.watch({ key: 'a', range_end: 'c' });
    const put = (name: string) => ({ request_put: { key: name, value: 'x' } });
    rig.ask('KV/Txn', { success: [put('a'), put('b'), put('c')] });
    rig.put('c', 'y');
    rig.ask('KV/DeleteRange', { key: 'a' });
    expect(told).toMatchObject([
      { created: true },
      { events: [{ kv: { key: key('a') } }, { kv: { key: key('b') } }] },
      { events: [{ type: 'DELETE', kv: { key: key('a'), mod_revision: '5' } }] },
    ]);
    expect(told).toHaveLength(3);
  });

  test('resumes, with what was there before', () => {
    const rig = new StoreRig();
    rig.put('a', '1');
    rig.put('a', '2');
    const { told } = rig.watch({ key: 'a', start_revision: 3, prev_kv: true });
    rig.put('a', '3');
    expect(told).toMatchObject([
      { created: true },
      { events: [{ kv: { value: key('2') }, prev_kv: { value: key('1') } }] },
      { events: [{ kv: { value: key('3') }, prev_kv: { value: key('2') } }] },
    ]);
  });

  test('that asks for what is forgotten is told from where it can be had', () => {
    const rig = new StoreRig();
    for (const value of '12345') rig.put('a', value);
    rig.ask('KV/Compact', { revision: 4 });
    const { told } = rig.watch({ key: 'a', start_revision: 2 });
    expect(told).toMatchObject([{ created: true }, { canceled: true, compact_revision: '4' }]);
    expect(rig.store.watches.size).toBe(0);
    expect(rig.watch({ key: 'a', start_revision: 4 }).told).toHaveLength(4);
  });

  test('tells of a lease that ended when nobody asked', () => {
    const rig = new StoreRig();
    rig.ask('Lease/LeaseGrant', { ID: 5, TTL: 1 });
    rig.put('a', '1', { lease: 5 });
    const { told } = rig.watch({ key: 'a' });
    rig.now = 1000;
    rig.store.settle();
    expect(told[1]).toMatchObject({ events: [{ type: 'DELETE' }] });
  });

  test('is filtered, cancelled, and asked how far it is', () => {
    const rig = new StoreRig();
    const { told, take } = rig.watch({ key: 'a', filters: ['NOPUT'], watch_id: 7 });
    rig.put('a', '1');
    take({ progress_request: {} });
    take({ cancel_request: { watch_id: 7 } });
    rig.ask('KV/DeleteRange', { key: 'a' });
    expect(told).toEqual([
      { watch_id: '7', created: true },
      { watch_id: '-1' },
      { watch_id: '7', canceled: true },
    ]);
  });

  test('ends with its stream', () => {
    const rig = new StoreRig();
    const { stream } = rig.watch({ key: 'a' });
    expect(rig.store.watches.size).toBe(1);
    stream.close();
    expect(rig.store.watches.size).toBe(0);
  });
});
