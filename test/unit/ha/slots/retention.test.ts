import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/ha/facts.ts';
import { memberSeen, retainedSlots } from '../../../../src/ha/slots/retention.ts';
import { member } from '../cluster-of.ts';
import { factsOf, leaderFacts, NOW, primary, sees } from '../facts-of.ts';

const TTL = 1_800_000;

/** pg2 leads now; pg1, who led before, has left its slot in `/status` and nothing else. */
function newLeader(change: Partial<Pick<Facts, 'now'>> & { seen?: Record<string, number> } = {}) {
  const { seen = {}, now = NOW } = change;
  const status = { lastLsn: 1, slots: {}, retainSlots: ['pg1', 'pg2'] };
  const members = [member('pg2'), member('pg3')];
  return factsOf({
    now,
    dcs: sees({ members, status, leader: 'pg2', ownsLock: true }),
    postgres: primary(),
    memory: { leaseUntil: now + 1, memberSeen: seen },
  });
}

const retained = (facts: Facts) => facts.dcs && retainedSlots(facts, facts.dcs.view);
const seenBy = (facts: Facts) => facts.dcs && memberSeen(facts, facts.dcs.view);

describe('retention of members’ slots', () => {
  it('keeps the slot of the former leader (P#3244)', () => {
    expect(retained(newLeader())).toEqual(['pg1', 'pg2', 'pg3']);
    expect(seenBy(newLeader())).toEqual({ pg1: NOW, pg2: NOW, pg3: NOW });
  });

  it('ends member_slots_ttl after the member was last seen, and not before', () => {
    const seen = { pg1: NOW, pg2: NOW, pg3: NOW };
    expect(retained(newLeader({ seen, now: NOW + TTL - 1 }))).toContain('pg1');
    expect(retained(newLeader({ seen, now: NOW + TTL }))).toEqual(['pg2', 'pg3']);
  });

  it('does not begin again because /status still has the name', () => {
    const late = newLeader({ seen: { pg1: NOW }, now: NOW + TTL });
    const memory = seenBy(late);
    expect(memory).toMatchObject({ pg1: NOW });
    expect(retained(newLeader({ seen: memory ?? {}, now: NOW + TTL + 1 }))).toEqual(['pg2', 'pg3']);
  });

  it('forgets a name once it has left /status', () => {
    expect(seenBy(newLeader({ seen: { pg9: NOW }, now: NOW + TTL }))).not.toHaveProperty('pg9');
    expect(seenBy(newLeader({ seen: { pg9: NOW }, now: NOW + TTL - 1 }))).toHaveProperty('pg9');
  });

  it('has no need of permanent slots, nor of members that do not stream', () => {
    const members = [member('pg2', { tags: { nostream: true } }), member('pg3'), member('pg4')];
    const facts = leaderFacts({
      dcs: sees({ members, ownsLock: true }),
      settings: {
        permanentSlots: {
          pg3: { type: 'physical' },
          pg4: { type: 'physical', clusterType: 'standby' },
        },
      },
    });
    expect(retained(facts)).toEqual(['pg1', 'pg4']);
  });

  it('is kept count of by the leader alone', () => {
    const facts = factsOf({
      dcs: sees({ status: { lastLsn: 1, slots: {}, retainSlots: ['pg9'] } }),
      memory: { memberSeen: { pg8: NOW } },
    });
    expect(seenBy(facts)).toEqual({});
    expect(retained(facts)).toEqual(['pg9']);
  });
});
