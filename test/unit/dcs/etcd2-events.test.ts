import { describe, expect, test } from 'vitest';
import { readEvent } from '../../../src/dcs/etcd2/events.ts';

const PREFIX = '/service/demo/';

const node = (name: string, value: string | undefined, index: number, created = 4) => ({
  key: PREFIX + name,
  ...(value === undefined ? {} : { value }),
  modifiedIndex: index,
  createdIndex: created,
});

describe('an event of the v2 API', () => {
  test.each([
    ['a lock that is made', { action: 'create', node: node('leader', 'pg1', 7, 7) }, true],
    [
      'a lock that is renewed as Patroni does it',
      {
        action: 'compareAndSwap',
        node: node('leader', 'pg1', 8),
        prevNode: node('leader', 'pg1', 7),
      },
      false,
    ],
    [
      'a lock that was made anew with the same name',
      { action: 'set', node: node('leader', 'pg1', 8, 8), prevNode: node('leader', 'pg1', 7) },
      true,
    ],
    [
      'a lock that ends',
      {
        action: 'expire',
        node: node('leader', undefined, 8),
        prevNode: node('leader', 'pg1', 7),
      },
      true,
    ],
    ['a new member', { action: 'set', node: node('members/pg1', '{}', 8) }, true],
    [
      'what a member says of itself',
      {
        action: 'set',
        node: node('members/pg1', '{}', 8, 8),
        prevNode: node('members/pg1', '{}', 7),
      },
      false,
    ],
    [
      'a member that is gone',
      {
        action: 'expire',
        node: node('members/pg1', undefined, 8),
        prevNode: node('members/pg1', '{}', 7),
      },
      true,
    ],
    ['a status', { action: 'set', node: node('status', '{}', 8) }, false],
    ['a request', { action: 'set', node: node('failover', '{}', 8) }, true],
    ['the same request again', { action: 'set', node: node('failover', '{}', 9) }, true],
    ['a setting', { action: 'set', node: node('config', '{}', 8) }, true],
    ['who is synchronous', { action: 'set', node: node('sync', '{}', 8) }, true],
    [
      'the whole cluster that is removed',
      { action: 'delete', node: { key: '/service/demo', dir: true, modifiedIndex: 8 } },
      true,
    ],
    ['another cluster', { action: 'set', node: { key: '/service/demo2/leader' } }, false],
    ['nonsense', {}, false],
  ])('%s', (_name, event, isNews) => {
    expect(readEvent(event, PREFIX).isNews).toBe(isNews);
  });

  test('tells its index', () => {
    expect(readEvent({ node: node('config', '{}', 42) }, PREFIX).index).toBe(42);
  });
});
