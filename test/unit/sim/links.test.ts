import { expect, it } from 'vitest';
import { Links } from '../../sim/links.ts';
import { Random } from '../../sim/random.ts';

it('cuts one direction only', () => {
  const links = new Links(new Random(1));
  links.cut('pg1', 'pg2');
  expect(links.latency('pg1', 'pg2')).toBeUndefined();
  expect(links.latency('pg2', 'pg1')).toBeGreaterThan(0);
  expect(links.latency('pg1', 'store')).toBeGreaterThan(0);
});

it('stays cut until every overlapping cut is undone, each once', () => {
  const links = new Links(new Random(1));
  const first = links.cut('pg1', 'pg2');
  const second = links.cut('pg1', 'pg2');
  first();
  first();
  expect(links.latency('pg1', 'pg2')).toBeUndefined();
  second();
  expect(links.latency('pg1', 'pg2')).toBeGreaterThan(0);
});

it('adds delays, each until it is undone or all are healed', () => {
  const links = new Links(new Random(1));
  links.slow('pg1', 'store', 500);
  const undo = links.slow('pg1', 'store', 300);
  expect(links.latency('pg1', 'store')).toBeGreaterThan(800);
  undo();
  expect(links.latency('pg1', 'store')).toBeGreaterThan(500);
  expect(links.latency('pg1', 'store')).toBeLessThan(510);
  links.healAll();
  expect(links.latency('pg1', 'store')).toBeLessThan(5);
});

it('an undo that is called again does not end a later fault', () => {
  const links = new Links(new Random(1));
  const undo = links.cut('pg1', 'pg2');
  undo();
  links.cut('pg1', 'pg2');
  undo();
  expect(links.latency('pg1', 'pg2')).toBeUndefined();
});
