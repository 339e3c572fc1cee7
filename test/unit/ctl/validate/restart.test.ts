import { expect, it } from 'vitest';
import { restartChanges, restartOrder } from '../../../../src/ctl/validate/restart.ts';
import type { Json } from '../../../../src/model/json.ts';

function changes(before: Record<string, Json>, after: Record<string, Json>) {
  return restartChanges(
    { postgresql: { parameters: before } },
    { postgresql: { parameters: after } },
  );
}

it('names the parameters that PostgreSQL reads only at its start', () => {
  const before = { max_connections: 100, work_mem: '4MB', shared_buffers: '128MB' };
  const after = { max_connections: '200', work_mem: '8MB', wal_log_hints: true };
  expect(changes(before, after)).toEqual([
    { parameter: 'max_connections', from: '100', to: '200' },
    { parameter: 'shared_buffers', from: '128MB', to: null },
    { parameter: 'wal_log_hints', from: null, to: 'on' },
  ]);
});

it('knows the same value in other words', () => {
  expect(changes({ shared_buffers: '128MB' }, { Shared_Buffers: '131072kB' })).toEqual([]);
  expect(changes({ max_connections: 100 }, { max_connections: '100' })).toEqual([]);
});

it('leaves out what Patroni sets itself', () => {
  expect(changes({ port: 1 }, { port: 2 })).toEqual([]);
});

it('survives a configuration without parameters', () => {
  expect(restartChanges({}, { postgresql: null })).toEqual([]);
});

it('raises standbys first, lowers the leader first', () => {
  const order = (from: number, to: number) =>
    restartOrder(changes({ max_connections: from }, { max_connections: to }));
  expect(order(100, 200)).toBe('restart the standbys first, then the leader');
  expect(order(200, 100)).toBe('restart the leader first, then the standbys');
  expect(restartOrder(changes({}, { max_connections: 50 }))).toMatch(/the leader first/);
  expect(restartOrder(changes({ max_connections: 50 }, {}))).toMatch(/the standbys first/);
  expect(restartOrder(changes({}, { shared_buffers: '1GB' }))).toBeUndefined();
});
