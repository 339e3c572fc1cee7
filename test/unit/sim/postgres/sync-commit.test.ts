import { describe, expect, it } from 'vitest';
import { confirmedDepth, syncStateOf } from '../../../sim/postgres/sync-commit.ts';
import { any, first } from './rig.ts';

const three = [
  { name: 'a', depth: 5 },
  { name: 'b', depth: 9 },
  { name: 'c', depth: 7 },
];

describe('commits are acknowledged', () => {
  it.each([
    ['off: at once', { kind: 'off' } as const, Number.POSITIVE_INFINITY],
    ['first 1: by the first of the list that is connected', first(1, 'x', 'a', 'b'), 5],
    ['first 2: by the slower of the first two', first(2, 'b', 'c', 'a'), 7],
    ['first 2 with one connected: never', first(2, 'b', 'x'), -1],
    ['any 1: by the fastest', any(1, 'a', 'b', 'c'), 9],
    ['any 2: by the second', any(2, 'a', 'b', 'c'), 7],
    ['any 2 with one connected: never', any(2, 'b', 'x'), -1],
    ['a placeholder: never', first(1, '__placeholder__'), -1],
    ['in any case of letters', first(1, 'B'), 9],
    ['* : by anybody', { kind: 'text', text: '*' } as const, 5],
    ['another text: never', { kind: 'text', text: '2 (x' } as const, -1],
  ])('%s', (_, names, depth) => {
    expect(confirmedDepth(names, three)).toBe(depth);
  });
});

describe('sync_state', () => {
  it.each([
    ['off', { kind: 'off' } as const, ['async', 'async', 'async']],
    ['first', first(1, 'b', 'a'), ['potential', 'sync', 'async']],
    ['any', any(1, 'b', 'a'), ['quorum', 'quorum', 'async']],
    ['* ', { kind: 'text', text: '*' } as const, ['sync', 'potential', 'potential']],
  ])('%s', (_, names, states) => {
    expect(three.map(({ name }) => syncStateOf(names, three, name))).toEqual(states);
  });
});
