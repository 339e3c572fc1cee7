import { describe, expect, it } from 'vitest';
import {
  anyMember,
  confirmAction,
  holdsLock,
  membersLeaderFirst,
  membersWithRole,
  ROLE_WORDS,
  type RoleWord,
  selectMembers,
} from '../../../src/ctl/select-members.ts';
import { parseSnapshot } from '../../../src/wire/snapshot.ts';
import { demoDocuments, memberDocument } from './documents.ts';
import { fakeSession } from './fake-session.ts';

const ALL = { citus: false, group: undefined };

function view(changes: Record<string, string | undefined> = {}) {
  const documents = Object.entries(demoDocuments(changes));
  return parseSnapshot(
    'demo',
    documents.map(([name, value]) => ({ name, value, version: '1' })),
  );
}

function names(role: RoleWord, of = view()): string[] {
  return membersWithRole(of, role, ALL).map(({ name }) => name);
}

describe('membersWithRole', () => {
  it('knows patronictl’s words', () => {
    const found = Object.fromEntries(ROLE_WORDS.map((role) => [role, names(role)]));
    expect(found).toEqual({
      leader: ['pg1'],
      primary: ['pg1'],
      'standby-leader': [],
      replica: ['pg2', 'pg3'],
      standby: ['pg2', 'pg3'],
      any: ['pg1', 'pg2', 'pg3'],
    });
  });

  it('tells a standby leader from a primary', () => {
    const standby = view({ 'members/pg1': memberDocument('pg1', { role: 'standby_leader' }) });
    expect(names('primary', standby)).toEqual([]);
    expect(names('standby-leader', standby)).toEqual(['pg1']);
    expect(names('leader', standby)).toEqual(['pg1']);
  });

  it('takes everybody for a replica when nobody holds the lock', () => {
    expect(names('replica', view({ leader: undefined }))).toEqual(['pg1', 'pg2', 'pg3']);
    expect(names('leader', view({ leader: undefined }))).toEqual([]);
  });

  it('means all groups of a Citus cluster, unless one is named', () => {
    const documents = [0, 1].flatMap((group) =>
      Object.entries({
        leader: `a${group}`,
        [`members/a${group}`]: memberDocument(`a${group}`),
        [`members/b${group}`]: memberDocument(`b${group}`),
      }).map(([name, value]) => ({ group, name, value, version: '1' })),
    );
    const citus = parseSnapshot('demo', documents);
    const leaders = (group?: number) =>
      membersWithRole(citus, 'leader', { citus: true, group }).map(({ name }) => name);
    expect(leaders()).toEqual(['a0', 'a1']);
    expect(leaders(0)).toEqual(['a0']);
    const locks = membersWithRole(citus, 'any', { citus: true, group: undefined }).map((member) =>
      holdsLock(citus, member),
    );
    expect(locks).toEqual([true, false, true, false]);
  });
});

describe('anyMember', () => {
  it('gives the leader, the first with a role, or the one that is named', () => {
    const wanted = (role: RoleWord | undefined, member: string | undefined) =>
      anyMember(view(), { ...ALL, role, member })?.name;
    expect(wanted(undefined, undefined)).toBe('pg1');
    expect(wanted('replica', undefined)).toBe('pg2');
    expect(wanted(undefined, 'pg3')).toBe('pg3');
    expect(wanted(undefined, 'pg9')).toBeUndefined();
    expect(() => wanted('replica', 'pg3')).toThrow('mutually exclusive');
  });
});

describe('membersLeaderFirst', () => {
  it('leaves out who has no REST API', () => {
    const changed = view({
      leader: 'pg3',
      'members/pg1': memberDocument('pg1', { api_url: undefined }),
    });
    expect(membersLeaderFirst(changed).map(({ name }) => name)).toEqual(['pg3', 'pg2']);
  });
});

describe('selectMembers', () => {
  const base = {
    names: [],
    role: 'any',
    group: undefined,
    force: true,
    action: 'restart',
  } as const;

  it('means all groups of a Citus cluster, whether the configuration has a section or not', async () => {
    const documents = [0, 1].map((group) => {
      const member = `a${group}`;
      return { group, name: `members/${member}`, value: memberDocument(member), version: '1' };
    });
    const selected = await selectMembers(fakeSession(), parseSnapshot('demo', documents), base);
    expect(selected.map(({ name }) => name)).toEqual(['a0', 'a1']);
  });

  it('shows the table and means all when none is named', async () => {
    const session = fakeSession();
    const selected = await selectMembers(session, view(), base);
    expect(selected.map(({ name }) => name)).toEqual(['pg1', 'pg2', 'pg3']);
    expect(session.stdout[0]).toContain('+ Cluster: demo');
  });

  it('refuses every name that the cluster does not have, though another one fits', async () => {
    const selection = { ...base, names: ['pg2', 'pg22', 'x\u001b'] };
    await expect(selectMembers(fakeSession(), view(), selection)).rejects.toMatchObject({
      code: 'unknown-member',
      message: 'pg22 is not a member of cluster; x\\x1b is not a member of cluster',
      hint: 'did you mean pg2?',
    });
  });

  it('names the members when no name is near', async () => {
    const selection = { ...base, names: ['something-else'] };
    await expect(selectMembers(fakeSession(), view(), selection)).rejects.toMatchObject({
      hint: 'the members of demo are pg1, pg2, pg3',
    });
  });

  it('refuses a member that has another role', async () => {
    const selection = { ...base, role: 'replica', names: ['pg2', 'pg1'] } as const;
    await expect(selectMembers(fakeSession(), view(), selection)).rejects.toMatchObject({
      code: 'other-role',
      message: 'No replica among provided members: pg1',
    });
  });

  it('refuses a cluster without members', async () => {
    const empty = parseSnapshot('demo', [{ name: 'initialize', value: '1', version: '1' }]);
    await expect(selectMembers(fakeSession(), empty, base)).rejects.toMatchObject({
      message: "demo cluster doesn't have any members",
    });
  });

  it('asks which member to make anew, and never takes all of them', async () => {
    const reinit = { ...base, role: 'replica', action: 'reinitialize' } as const;
    const session = fakeSession({ answers: ['pg3'] });
    const selected = await selectMembers(session, view(), { ...reinit, force: false });
    expect(selected.map(({ name }) => name)).toEqual(['pg3']);
    expect(session.questions[0]?.message).toBe(
      'Which member do you want to reinitialize [pg2, pg3]?',
    );
    await expect(selectMembers(fakeSession(), view(), reinit)).rejects.toMatchObject({
      code: 'no-member-named',
      exitCode: 2,
    });
  });
});

describe('confirmAction', () => {
  it('asks in patronictl’s words, and refuses on no', async () => {
    const members = membersWithRole(view(), 'replica', ALL);
    const session = fakeSession({ answers: [false] });
    const asked = confirmAction(session, members, { action: 'reload', force: false });
    await expect(asked).rejects.toMatchObject({ message: 'Aborted reload' });
    expect(session.questions).toEqual([
      { message: 'Are you sure you want to reload members pg2, pg3?', flag: '--force' },
    ]);
  });
});
