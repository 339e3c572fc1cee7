import { describe, expect, it } from 'vitest';
import { type Hearing, promiseTo } from '../../../src/ha/failsafe.ts';
import { BLANK_MEMORY } from '../../../src/ha/memory.ts';
import { DEFAULT_SETTINGS } from '../../../src/model/settings.ts';
import { parseSnapshot } from '../../../src/wire/snapshot.ts';
import { NODE } from '../agent/fakes.ts';

const REQUEST = { name: 'pg2', apiUrl: 'http://pg2', connUrl: 'postgres://pg2', slots: { pg1: 5 } };
const VIEW = parseSnapshot('demo', [
  { name: 'failsafe', value: '{"pg1":"http://pg1","pg2":"http://pg2"}', version: '1' },
  { name: 'members/pg3', value: '{}', version: '2' },
]);
const HEARING: Hearing = {
  now: 5000,
  self: NODE,
  settings: { ...DEFAULT_SETTINGS, failsafeMode: true },
  memory: BLANK_MEMORY,
  view: VIEW,
  primary: false,
  promoting: false,
};

describe('a member that is asked in failsafe mode', () => {
  it('promises its respect for ttl, and remembers to whom', () => {
    expect(promiseTo(REQUEST, HEARING)).toEqual({ ...REQUEST, until: 35_000 });
  });

  it('for 20 seconds where ttl is shorter: the leader may have a longer one', () => {
    const settings = { ...HEARING.settings, ttl: 8 };
    expect(promiseTo(REQUEST, { ...HEARING, settings })?.until).toBe(25_000);
  });

  it.each([
    ['runs as a primary', { primary: true }],
    ['is being promoted', { promoting: true }],
    ['has the lock', { memory: { ...BLANK_MEMORY, leaseUntil: 5001 } }],
    ['may have taken the lock just now', { memory: { ...BLANK_MEMORY, acquireSentAt: 4000 } }],
    ['has failsafe mode off', { settings: DEFAULT_SETTINGS }],
    ['has the same name', { self: { ...NODE, name: 'pg2' } }],
  ])('refuses when it %s', (_, change: Partial<Hearing>) => {
    expect(promiseTo(REQUEST, { ...HEARING, ...change })).toBeUndefined();
  });

  it('agrees again when a request for the lock without an answer is older than ttl', () => {
    const memory = { ...BLANK_MEMORY, acquireSentAt: 5000 };
    expect(promiseTo(REQUEST, { ...HEARING, memory, now: 34_999 })).toBeUndefined();
    expect(promiseTo(REQUEST, { ...HEARING, memory, now: 35_000 })).toBeDefined();
  });

  it('knows the sender by /failsafe when its own document has expired (P#3113)', () => {
    expect(VIEW.members.map(({ name }) => name)).not.toContain('pg2');
    expect(promiseTo(REQUEST, HEARING)).toBeDefined();
  });

  it('knows a sender that is a member and not yet in /failsafe', () => {
    expect(promiseTo({ ...REQUEST, name: 'pg3' }, HEARING)).toBeDefined();
  });

  it.each(['pg9', 'toString'])('refuses the stranger %s', (name) => {
    expect(promiseTo({ ...REQUEST, name }, HEARING)).toBeUndefined();
  });

  it('agrees when it has never seen the store: a restarted member must not stop its leader', () => {
    expect(promiseTo({ ...REQUEST, name: 'pg9' }, { ...HEARING, view: undefined })).toBeDefined();
  });
});
