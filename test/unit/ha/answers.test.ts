import { describe, expect, it } from 'vitest';
import { type Answer, applyAnswer } from '../../../src/ha/answers.ts';
import type { Facts } from '../../../src/ha/facts.ts';
import { BLANK_MEMORY, type Memory } from '../../../src/ha/memory.ts';
import { NO_ORDERS } from '../../../src/ha/orders.ts';
import type { Question } from '../../../src/ha/plan.ts';
import { DEFAULT_SETTINGS } from '../../../src/model/settings.ts';
import { NODE, PRIMARY } from '../agent/fakes.ts';

const ACQUIRE: Question = { kind: 'acquire', ttl: 30, sync: 'absent' };
const RENEW: Question = { kind: 'renew', ttl: 30 };
const FAILSAFE: Question = { kind: 'failsafe', members: [], slots: {} };

function factsWith(memory: Partial<Memory>): Facts {
  return {
    now: 12_000,
    wall: 0,
    self: NODE,
    settings: DEFAULT_SETTINGS,
    dcs: undefined,
    postgres: PRIMARY,
    job: undefined,
    orders: NO_ORDERS,
    fence: { guard: 'alive', fenced: false, watchdog: 'off' },
    memory: { ...BLANK_MEMORY, ...memory },
    answers: {},
  };
}

function memoryAfter(memory: Partial<Memory>, question: Question, answer: Answer): Memory {
  return applyAnswer(factsWith(memory), question, answer).memory;
}

describe('an answer about the lock', () => {
  it.each([ACQUIRE, RENEW])(
    'that is held gives a lease from before the request: %o',
    (question) => {
      const answer: Answer = { lock: 'held', sentAt: 10_000, ttl: 30 };
      const memory = memoryAfter({ acquireSentAt: 9000, failsafeActive: true }, question, answer);
      expect(memory).toMatchObject({
        leaseUntil: 40_000,
        acquireSentAt: undefined,
        failsafeActive: false,
      });
    },
  );

  it.each([ACQUIRE, RENEW])('that is lost ends the lease: %o', (question) => {
    const answer: Answer = { lock: 'lost', sentAt: 10_000, ttl: 30 };
    const memory = memoryAfter({ leaseUntil: 30_000, failsafeActive: true }, question, answer);
    expect(memory).toMatchObject({ leaseUntil: undefined, failsafeActive: false });
  });

  it('that did not come leaves the lease as it was', () => {
    const answer: Answer = { lock: 'unknown', sentAt: 10_000, ttl: 30 };
    expect(memoryAfter({ leaseUntil: 30_000 }, RENEW, answer).leaseUntil).toBe(30_000);
  });

  it('that did not come gives no lease: it is remembered that the lock may be ours', () => {
    const answer: Answer = { lock: 'unknown', sentAt: 10_000, ttl: 30 };
    const memory = memoryAfter({}, ACQUIRE, answer);
    expect(memory).toMatchObject({ leaseUntil: undefined, acquireSentAt: 10_000 });
  });

  it('is a fact, beside the answers before it', () => {
    const polled = applyAnswer(factsWith({}), { kind: 'poll', members: [] }, { peers: [] });
    const facts = applyAnswer(polled, ACQUIRE, { lock: 'lost', sentAt: 1, ttl: 30 });
    expect(facts.answers).toEqual({ peers: [], lock: { outcome: 'lost' } });
  });
});

describe('the answer of the members in failsafe mode', () => {
  it('extends the lease by 20 seconds from before the request, when all agree', () => {
    const answer: Answer = { failsafe: 'accepted', sentAt: 10_000 };
    const memory = memoryAfter({ leaseUntil: 13_000 }, FAILSAFE, answer);
    expect(memory).toMatchObject({ leaseUntil: 30_000, failsafeActive: true });
  });

  it('by ttl where that is shorter: members keep their promise for longer than that', () => {
    const facts = factsWith({ leaseUntil: 13_000 });
    const short = { ...facts, settings: { ...DEFAULT_SETTINGS, ttl: 8 } };
    const answer: Answer = { failsafe: 'accepted', sentAt: 10_000 };
    expect(applyAnswer(short, FAILSAFE, answer).memory.leaseUntil).toBe(18_000);
  });

  it('never makes the lease shorter', () => {
    const answer: Answer = { failsafe: 'accepted', sentAt: 10_000 };
    expect(memoryAfter({ leaseUntil: 36_000 }, FAILSAFE, answer).leaseUntil).toBe(36_000);
  });

  it('changes nothing about the lease when one refuses', () => {
    const answer: Answer = { failsafe: 'refused', sentAt: 10_000 };
    const memory = memoryAfter({ leaseUntil: 13_000, failsafeActive: true }, FAILSAFE, answer);
    expect(memory).toMatchObject({ leaseUntil: 13_000, failsafeActive: false });
  });
});
