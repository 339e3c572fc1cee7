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

it('adds delays, and heals all at once', () => {
  const links = new Links(new Random(1));
  links.slow('pg1', 'store', 500);
  const undo = links.slow('pg1', 'store', 300);
  expect(links.latency('pg1', 'store')).toBeGreaterThan(800);
  undo();
  expect(links.latency('pg1', 'store')).toBeLessThan(510);
  links.healAll();
  expect(links.latency('pg1', 'store')).toBeLessThan(5);
  undo();
});

it('an undo of a fault that was healed does not end a later one', () => {
  const links = new Links(new Random(1));
  const undo = links.cut('pg1', 'pg2');
  links.heal('pg1', 'pg2');
  links.cut('pg1', 'pg2');
  undo();
  expect(links.latency('pg1', 'pg2')).toBeUndefined();
});
