import { describe, expect, it } from 'vitest';
import { fenceDeadline, holdUntil, leads, leaseUntil } from '../../../src/ha/lease.ts';
import { BLANK_MEMORY } from '../../../src/ha/memory.ts';

describe('the lease', () => {
  it('lasts ttl seconds from before the request', () => {
    expect(leaseUntil(7000, 30)).toBe(37_000);
  });

  it('leaves the guard five seconds, or a quarter of a short ttl', () => {
    expect(fenceDeadline(37_000, 30)).toBe(32_000);
    expect(fenceDeadline(8000, 8)).toBe(6000);
  });

  it('lets the agent stop PostgreSQL a second before its guard does', () => {
    expect(holdUntil(37_000, 30)).toBe(31_000);
  });

  it('is over at its very end', () => {
    const memory = { ...BLANK_MEMORY, leaseUntil: 5000 };
    expect(leads({ now: 4999, memory })).toBe(true);
    expect(leads({ now: 5000, memory })).toBe(false);
  });

  it('is not there unless an answer gave it', () => {
    expect(leads({ now: 0, memory: BLANK_MEMORY })).toBe(false);
  });
});
