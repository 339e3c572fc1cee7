import { expect, it } from 'vitest';
import { WholeFloat } from '../../../src/model/json.ts';
import { isNoFailover, type Tags } from '../../../src/model/member.ts';

// What Patroni's tags.py makes of the same tags, read from a running interpreter.
it.each<[Tags, boolean]>([
  [{}, false],
  [{ nofailover: true }, true],
  [{ nofailover: 'false' }, true],
  [{ nofailover: false, failover_priority: 0 }, false],
  [{ nofailover: '' }, false],
  [{ nofailover: [] }, false],
  [{ nofailover: new WholeFloat(0) }, false],
  [{ nofailover: null, failover_priority: 0 }, true],
  [{ failover_priority: 0 }, true],
  [{ failover_priority: -1 }, true],
  [{ failover_priority: 2 }, false],
  [{ failover_priority: '0' }, true],
  [{ failover_priority: '' }, false],
  [{ failover_priority: 'high' }, false],
])('%j never leads: %s', (tags, never) => {
  expect(isNoFailover(tags)).toBe(never);
});
