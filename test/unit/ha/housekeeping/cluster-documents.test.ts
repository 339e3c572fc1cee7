import { describe, expect, it } from 'vitest';
import type { DcsSight } from '../../../../src/ha/facts.ts';
import {
  knownConfig,
  restoreDocuments,
} from '../../../../src/ha/housekeeping/cluster-documents.ts';
import { DEFAULT_SETTINGS } from '../../../../src/model/settings.ts';
import { factsOf, leaderFacts, primary, SYSTEM_ID, sees } from '../facts-of.ts';

const configOf = (data: Record<string, unknown>) => ({
  config: { data, version: '7', settings: DEFAULT_SETTINGS },
});

/** The store as a leader sees it, with documents changed, and others lost. */
function store(change: Partial<DcsSight['view']>, ...lost: string[]): DcsSight {
  const { view } = sees();
  const entries = Object.entries({ ...view, ...configOf({ ttl: 30 }), ...change });
  const left = Object.fromEntries(entries.filter(([name]) => !lost.includes(name)));
  return { view: left as unknown as DcsSight['view'], ownsLock: true, revision: 10 };
}

const restored = (dcs: DcsSight, change = {}) => restoreDocuments(leaderFacts({ dcs, ...change }));

describe('restoreDocuments', () => {
  const identifier = { name: 'initialize', value: SYSTEM_ID, guard: 'absent', asLeader: true };

  it('has nothing to do when all is there', () => {
    expect(restored(store({}))).toEqual([]);
  });

  it('writes the system identifier again (S8)', () => {
    expect(restored(store({}, 'initialize'))).toEqual([identifier]);
    expect(restored(store({ initialize: '' }))).toEqual([{ ...identifier, guard: 'any' }]);
  });

  it.each([
    ['a cluster is being made', { memory: { bootstrapping: true, leaseUntil: Infinity } }],
    ['these are other data', { memory: { systemId: '7999999999999999999', leaseUntil: Infinity } }],
    ['there are none', { postgres: primary({ systemId: undefined }) }],
    ['the lease is over', { memory: { leaseUntil: undefined } }],
  ])('does not while %s', (_, change) => {
    expect(restored(store({ initialize: '' }), change)).toEqual([]);
  });

  it('writes the configuration again: the last one seen, or that of the bootstrap', () => {
    const bootstrap = { ttl: 25 };
    const known = { memory: { leaseUntil: Infinity, knownConfig: { ttl: 40 } } };
    const document = { name: 'config', guard: 'absent', asLeader: true };
    const lost = store({}, 'config');
    expect(restored(lost, { ...known, self: { bootstrap } })).toEqual([
      { ...document, value: { ttl: 40 } },
    ]);
    expect(restored(lost, { self: { bootstrap } })).toEqual([{ ...document, value: bootstrap }]);
    expect(restored(lost)).toEqual([]);
    expect(restored(store(configOf({})), known)).toEqual([
      { ...document, guard: { version: '7' }, value: { ttl: 40 } },
    ]);
  });

  it('leaves that to the leader (P#2970)', () => {
    const dcs = { ...store({}, 'initialize', 'config'), ownsLock: false };
    const memory = { knownConfig: { ttl: 40 } };
    expect(restoreDocuments(factsOf({ dcs, memory }))).toEqual([]);
    expect(restored(dcs)).toEqual([]);
  });
});

describe('knownConfig', () => {
  it('is the last one that said something', () => {
    const memory = { knownConfig: { ttl: 40 } };
    expect(knownConfig(factsOf({ dcs: store(configOf({ ttl: 50 })), memory }))).toEqual({
      ttl: 50,
    });
    for (const dcs of [undefined, store({}, 'config'), store(configOf({}))]) {
      expect(knownConfig(factsOf({ dcs, memory }))).toEqual({ ttl: 40 });
    }
  });
});
