import { describe, expect, it } from 'vitest';
import { failsafeDocument, leaderStatus } from '../../../../src/ha/housekeeping/status.ts';
import { member } from '../cluster-of.ts';
import { leaderFacts, primary, sees, stopped } from '../facts-of.ts';
import { logical, physical } from '../slots/slot-views.ts';

const PERMANENT = {
  app: { type: 'logical', database: 'app', plugin: 'pgoutput' },
  dr: { type: 'physical' },
} as const;
const SLOTS = [
  physical('pg3', { restartLsn: 800 }),
  physical('pg2', { restartLsn: 900 }),
  logical('app', { confirmedFlushLsn: 700 }),
  physical('dr', { restartLsn: 600 }),
  physical('stray'),
];

describe('leaderStatus', () => {
  it('says how far the leader is, and the consumers of the slots that others have too', () => {
    const facts = leaderFacts({
      settings: { permanentSlots: PERMANENT },
      postgres: primary({ lsn: 1234, slots: SLOTS }),
    });
    expect(leaderStatus(facts)).toEqual({
      lastLsn: 1234,
      slots: { app: 700, dr: 600, pg1: 1234, pg2: 900, pg3: 800 },
      retainSlots: ['pg1', 'pg2', 'pg3'],
    });
  });

  it('says what a logical consumer confirmed, not where its WAL begins (S11)', () => {
    const slot = logical('app', { restartLsn: 1, confirmedFlushLsn: 700 });
    const settings = { permanentSlots: PERMANENT };
    const status = leaderStatus(leaderFacts({ settings, postgres: primary({ slots: [slot] }) }));
    expect(status.slots.app).toBe(700);
  });

  it('is of permanent slots alone where those of members are not retained', () => {
    const facts = leaderFacts({
      settings: { permanentSlots: PERMANENT, memberSlotsTtl: 0 },
      postgres: primary({ slots: SLOTS }),
    });
    expect(leaderStatus(facts)).toMatchObject({ slots: { app: 700, dr: 600 }, retainSlots: [] });
    expect(Object.keys(leaderStatus(facts).slots)).toEqual(['app', 'dr']);
  });

  it.each([
    ['slots are switched off', leaderFacts({ settings: { useSlots: false } })],
    ['they cannot be moved', leaderFacts({ postgres: primary({ serverVersion: 100_023 }) })],
  ])('has no slots where %s', (_, facts) => {
    expect(leaderStatus(facts)).toEqual({ lastLsn: 1000, slots: {}, retainSlots: [] });
  });

  it('does not forget the positions while the server is down, or slow to answer', () => {
    const status = { lastLsn: 55, slots: { pg2: 44 }, retainSlots: ['pg2'] };
    for (const postgres of [stopped({ lsn: 0 }), primary({ lsn: 0, answering: false })]) {
      const facts = leaderFacts({ dcs: sees({ ownsLock: true, status }), postgres });
      expect(leaderStatus(facts)).toMatchObject({ lastLsn: 55, slots: { pg2: 44 } });
    }
  });
});

describe('failsafeDocument', () => {
  const members = [member('pg2'), { ...member('pg3'), apiUrl: 'http://three' }];

  it('names all members that can be asked, and the leader itself', () => {
    const { apiUrl: _, ...mute } = member('pg4');
    const dcs = sees({ members: [...members, mute] });
    expect(failsafeDocument(leaderFacts({ settings: { failsafeMode: true }, dcs }))).toEqual({
      pg2: 'http://pg2:8008/patroni',
      pg3: 'http://three',
      pg1: 'http://pg1:8008/patroni',
    });
  });

  it('is nothing without the mode, or while the members are not known', () => {
    expect(failsafeDocument(leaderFacts())).toBeUndefined();
    const blind = { settings: { failsafeMode: true }, dcs: undefined };
    expect(failsafeDocument(leaderFacts(blind))).toBeUndefined();
  });
});
