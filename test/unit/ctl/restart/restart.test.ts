import { describe, expect, it } from 'vitest';
import { type RestartOptions, restart } from '../../../../src/ctl/restart/restart.ts';
import type { Result } from '../../../../src/ctl/result.ts';
import { Interrupted } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { type FakeOptions, type FakeSession, fakeSession } from '../fake-session.ts';
import { type Order, startAnew, world, worldRest } from '../member-world.ts';

const FORCE: RestartOptions = {
  cluster: 'demo',
  members: [],
  group: undefined,
  role: 'any',
  any: false,
  scheduled: undefined,
  pgVersion: undefined,
  pending: false,
  timeout: undefined,
  force: true,
  keepGoing: false,
  dryRun: false,
};
const PENDING = { pending_restart: true, pending_restart_reason: {} };
const SHRINKS = demoDocuments({
  'members/pg1': memberDocument('pg1', {
    role: 'primary',
    pending_restart: true,
    pending_restart_reason: { max_connections: { old_value: '200', new_value: '100' } },
  }),
});
const LOST = new RestError('timeout', 'no answer within 360 seconds');

interface Ran {
  session: FakeSession;
  result: Result;
  posts: string[];
  outcomes: Record<string, string>;
}

async function run(
  options: Partial<RestartOptions>,
  fake: Omit<FakeOptions, 'rest'> & { order?: Order; members?: ReturnType<typeof world> } = {},
): Promise<Ran> {
  const members = fake.members ?? world();
  const restarted: Order = (name) => {
    startAnew(members[name]);
    return { status: 200, body: 'restarted successfully' };
  };
  const session = fakeSession({
    documents: demoDocuments(),
    ...fake,
    rest: worldRest(members, fake.order ?? restarted),
  });
  const result = await restart(session, { ...FORCE, ...options });
  expectSchema('restart', result);
  const data = result.data as { members: { member: string; outcome: string }[] };
  return {
    session,
    result,
    posts: session.calls.filter(({ method }) => method === 'POST').map(({ member }) => member),
    outcomes: Object.fromEntries(data.members.map(({ member, outcome }) => [member, outcome])),
  };
}

describe('restart', () => {
  it('takes the replicas first and the leader last, with patronictl’s lines', async () => {
    const { session, posts, result } = await run({});
    expect(posts).toEqual(['pg2', 'pg3', 'pg1']);
    expect(session.stdout.slice(1)).toEqual([
      'Success: restart on member pg2',
      'Success: restart on member pg3',
      'Success: restart on member pg1',
    ]);
    expect(result.outcome).toBe('done');
  });

  it('does not touch the next member before this one runs again', async () => {
    const members = world();
    const seen: string[] = [];
    const { posts } = await run(
      {},
      {
        members,
        order: (name) => {
          seen.push(
            Object.values(members)
              .map(({ state }) => state)
              .join(),
          );
          const member = members[name];
          if (member) member.state = 'starting';
          return { status: 200, body: 'restarted successfully' };
        },
        onSleep: () => {
          for (const member of Object.values(members)) member.state = 'running';
        },
      },
    );
    expect(posts).toHaveLength(3);
    expect(new Set(seen)).toEqual(new Set(['running,running,running']));
  });

  it('stops at the first failure and says who was not tried', async () => {
    const order: Order = () => ({ status: 503, body: 'restart failed' });
    const { session, posts, result, outcomes } = await run({}, { order });
    expect(posts).toEqual(['pg2']);
    expect(outcomes).toEqual({ pg2: 'failed', pg3: 'not-tried', pg1: 'not-tried' });
    expect(session.stdout[1]).toBe(
      'Failed: restart for member pg2, status code=503, (restart failed)',
    );
    expect(result).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'restart-failed',
        message: 'Restart failed on pg2 (restart failed); not tried: pg3, pg1',
      },
    });
  });

  it('goes on after a failure when it is told to', async () => {
    const order: Order = () => ({ status: 503, body: 'restart failed' });
    const { posts, outcomes } = await run({ keepGoing: true }, { order });
    expect(posts).toEqual(['pg2', 'pg3', 'pg1']);
    expect(Object.values(outcomes)).toEqual(['failed', 'failed', 'failed']);
  });

  it('restarts one replica only with --any', async () => {
    expect((await run({ any: true })).posts).toEqual(['pg2']);
  });

  it('puts the leader first when shared memory shrinks, and says so', async () => {
    const { session, posts, result } = await run({}, { documents: SHRINKS });
    expect(posts).toEqual(['pg1', 'pg2', 'pg3']);
    expect(result.data).toMatchObject({ order: 'leader-first' });
    expect(session.stderr[0]).toContain('max_connections becomes smaller');
  });

  it('lets a replica replay the smaller value before it restarts it', async () => {
    const members = world();
    if (members.pg1) members.pg1.location = 500;
    const replayed: (number | undefined)[] = [];
    const { posts, session } = await run(
      {},
      {
        documents: SHRINKS,
        members,
        order: (name) => {
          if (name !== 'pg1') replayed.push(members[name]?.replayed);
          return { status: 200, body: 'restarted successfully' };
        },
        onSleep: (ms) => {
          if (ms < 5000) return;
          for (const name of ['pg2', 'pg3']) Object.assign(members[name] ?? {}, { replayed: 500 });
        },
      },
    );
    expect(posts).toEqual(['pg1', 'pg2', 'pg3']);
    expect(replayed).toEqual([500, 500]);
    expect(session.stderr).toContain('Waiting for pg2 to replay what the leader wrote');
  });

  it('does not wait for that for ever', async () => {
    const members = world();
    if (members.pg1) members.pg1.location = 500;
    const { session, result } = await run({}, { documents: SHRINKS, members });
    expect(result.outcome).toBe('done');
    expect(session.warnings).toEqual([
      'pg2 has not replayed it: it may need one more restart',
      'pg3 has not replayed it: it may need one more restart',
    ]);
  });

  it('only shows the order with --dry-run, and asks nothing', async () => {
    const { session, posts, outcomes } = await run({ dryRun: true, force: false });
    expect(posts).toEqual([]);
    expect(session.stdout.slice(1)).toEqual([
      'The members would be restarted in this order:',
      '1. pg2',
      '2. pg3',
      '3. pg1',
    ]);
    expect(Object.values(outcomes)).toEqual(['planned', 'planned', 'planned']);
  });

  it('restarts only those that wait for it with --pending', async () => {
    const documents = demoDocuments({ 'members/pg3': memberDocument('pg3', PENDING) });
    const { posts, session } = await run({ pending: true }, { documents });
    expect(posts).toEqual(['pg3']);
    expect(session.calls.find(({ method }) => method === 'POST')?.body).toEqual({
      restart_pending: true,
    });
  });

  it('has nothing to do when no member waits for a restart', async () => {
    const { session, result } = await run({ pending: true });
    expect(result.outcome).toBe('done');
    expect(session.stdout.at(-1)).toBe('No member has a pending restart');
  });

  it('passes over a member that does not meet the condition of the request', async () => {
    const order: Order = (name) =>
      name === 'pg2'
        ? { status: 503, body: 'restart conditions are not satisfied' }
        : { status: 200, body: 'restarted successfully' };
    const { posts, outcomes, result } = await run({ pgVersion: '15.4' }, { order });
    expect(posts).toEqual(['pg2', 'pg3', 'pg1']);
    expect(outcomes).toEqual({ pg2: 'skipped', pg3: 'done', pg1: 'done' });
    expect(result.outcome).toBe('done');
  });

  it('sends the time-out and the version as they were given', async () => {
    const { session } = await run({ timeout: '90s', pgVersion: '15.4', members: ['pg2'] });
    expect(session.calls.find(({ method }) => method === 'POST')?.body).toEqual({
      postgres_version: '15.4',
      timeout: '90s',
    });
  });

  it.each([
    [401, 'ctl.authentication'],
    [403, 'ctl.certfile'],
  ])('gives a hint after status %i', async (status, word) => {
    const order: Order = () => ({ status, body: 'no auth' });
    const { result } = await run({}, { order });
    expect(result.error?.hint).toContain(word);
  });

  it('escapes what a member answers', async () => {
    const order: Order = () => ({ status: 503, body: '\u001b[2J\nno' });
    const { session } = await run({}, { order });
    expect(session.stdout[1]).toContain('(\\x1b[2J\\nno)');
  });
});

describe('restart, when the answer is lost', () => {
  const lose = (effect: () => void): Order => {
    return () => {
      effect();
      throw LOST;
    };
  };

  it('is a success when the server has a new start time', async () => {
    const members = world();
    const order = lose(() => startAnew(members.pg2));
    const { result, session } = await run({ members: ['pg2'] }, { members, order });
    expect(result.outcome).toBe('done');
    expect(session.stdout.at(-1)).toBe('Success: restart on member pg2');
  });

  it('waits while the server is on its way', async () => {
    const members = world();
    const order = lose(() => {
      if (members.pg2) members.pg2.state = 'restarting';
    });
    const onSleep = (ms: number) => {
      if (ms > 200_000) startAnew(members.pg2);
    };
    const ran = await run({ members: ['pg2'] }, { members, order, onSleep });
    expect(ran.result.outcome).toBe('done');
  });

  it('is not known when nothing shows, and the others are not tried', async () => {
    const { result, outcomes, posts } = await run({}, { order: lose(() => {}) });
    expect(posts).toEqual(['pg2']);
    expect(outcomes).toEqual({ pg2: 'unknown', pg3: 'not-tried', pg1: 'not-tried' });
    expect(result.outcome).toBe('unknown');
    expect(result.error?.message).toContain('It is not known how restart ended on pg2');
  });

  it('is a failure when the server does not come up', async () => {
    const members = world();
    const order = lose(() => {
      if (members.pg2) members.pg2.state = 'start failed';
    });
    const { outcomes } = await run({ members: ['pg2'] }, { members, order });
    expect(outcomes).toEqual({ pg2: 'failed' });
  });

  it('is a failure when the member cannot have got it', async () => {
    const members = world();
    if (members.pg2) members.pg2.dead = true;
    const { outcomes, session } = await run({ members: ['pg2'] }, { members });
    expect(outcomes).toEqual({ pg2: 'failed' });
    expect(session.stdout.at(-1)).toBe('Failed: restart for member pg2, (connection refused)');
  });

  it('sends nothing to a member that hangs: the order could hang for minutes', async () => {
    const members = world();
    if (members.pg2) members.pg2.dead = true;
    const { posts, outcomes } = await run({}, { members });
    expect(posts).toEqual([]);
    expect(outcomes).toEqual({ pg2: 'failed', pg3: 'not-tried', pg1: 'not-tried' });
  });

  it('looks too when PostgreSQL was still starting', async () => {
    const members = world();
    const order: Order = () => {
      if (members.pg2) members.pg2.state = 'starting';
      return { status: 503, body: 'postgres is still starting' };
    };
    const onSleep = () => startAnew(members.pg2);
    const { outcomes } = await run({ members: ['pg2'] }, { members, order, onSleep });
    expect(outcomes).toEqual({ pg2: 'done' });
  });

  it('is not known when a restarted server does not run after all', async () => {
    const members = world();
    const order: Order = () => {
      if (members.pg2) members.pg2.state = 'crashed';
      return { status: 200, body: 'restarted successfully' };
    };
    const { result } = await run({ members: ['pg2'] }, { members, order });
    expect(result.outcome).toBe('unknown');
    expect(result.error?.message).toContain('its state is crashed');
  });
});

describe('restart, scheduled', () => {
  const LATER = { scheduled: '2030-01-01T12:00:00+02:00' };
  const accept: Order = () => ({ status: 202, body: 'Restart scheduled' });

  it('sends the time and gives it back in UTC', async () => {
    const { session, outcomes, result } = await run(LATER, { order: accept });
    expect(Object.values(outcomes)).toEqual(['scheduled', 'scheduled', 'scheduled']);
    expect(session.stdout).toContain('Success: restart scheduled on member pg2');
    expect(session.calls[0]?.body).toEqual({ schedule: '2030-01-01T12:00:00+02:00' });
    expect(result.data).toMatchObject({ scheduledAt: '2030-01-01T10:00:00Z' });
  });

  it('does not filter by pending restart before that time', async () => {
    const { session } = await run({ ...LATER, pending: true }, { order: accept });
    const bodies = session.calls.map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    expect(bodies[0]).toMatchObject({ restart_pending: true });
  });

  it('says when one is scheduled already, and still schedules the others', async () => {
    const order: Order = (name) =>
      name === 'pg2'
        ? { status: 409, body: 'Another restart is already scheduled' }
        : { status: 202, body: 'Restart scheduled' };
    const { session, outcomes, result } = await run(LATER, { order });
    expect(session.stdout[1]).toBe('Failed: another restart is already scheduled on member pg2');
    expect(outcomes).toEqual({ pg2: 'failed', pg3: 'scheduled', pg1: 'scheduled' });
    expect(result.outcome).toBe('failed');
  });

  it('replaces an older schedule with --force', async () => {
    const scheduled = { scheduled_restart: { schedule: '2030-01-01T00:00:00+00:00' } };
    const documents = demoDocuments({ 'members/pg2': memberDocument('pg2', scheduled) });
    const { session } = await run({ ...LATER, members: ['pg2'] }, { documents, order: accept });
    expect(session.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE restart',
      'POST restart',
    ]);
  });

  it('is refused while the cluster is paused, before anything is asked', async () => {
    const documents = demoDocuments({ config: '{"pause":true}' });
    const session = fakeSession({ documents });
    const asked = restart(session, { ...FORCE, ...LATER, force: false });
    await expect(asked).rejects.toMatchObject({
      code: 'paused',
      message: "Can't schedule restart in the paused state",
    });
    expect(session.questions).toEqual([]);
  });

  it('finds the schedule when the answer was lost', async () => {
    const members = world();
    const order: Order = () => {
      if (members.pg2) members.pg2.scheduled = '2030-01-01T10:00:00+00:00';
      throw LOST;
    };
    const { outcomes } = await run({ ...LATER, members: ['pg2'] }, { members, order });
    expect(outcomes).toEqual({ pg2: 'scheduled' });
  });
});

describe('restart, asking', () => {
  it('asks when, whether, and below which version', async () => {
    const { session, posts } = await run(
      { force: false, members: ['pg2'] },
      { answers: ['', true, ''] },
    );
    const questions = session.questions.map(({ message }) => message);
    expect(questions[0]).toMatch(/^When should the restart take place \(e\.g\. \S+T\d\d:\d\d\) $/);
    expect(questions.slice(1)).toEqual([
      'Are you sure you want to restart members pg2?',
      'Restart if the PostgreSQL version is less than provided (e.g. 9.5.2) ',
    ]);
    expect(posts).toEqual(['pg2']);
  });

  it('asks about the scheduled time', async () => {
    const session = fakeSession({ documents: demoDocuments(), answers: [false] });
    const options = { ...FORCE, force: false, members: ['pg2'], scheduled: '2030-01-01T12:00Z' };
    await expect(restart(session, options)).rejects.toMatchObject({
      message: 'Aborted scheduled restart',
    });
    expect(session.questions[0]?.message).toBe(
      'Are you sure you want to schedule restart of members pg2 at 2030-01-01 12:00:00+00:00?',
    );
    expect(session.calls).toEqual([]);
  });

  it('names the flags when nobody can be asked', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    await expect(restart(session, { ...FORCE, force: false })).rejects.toMatchObject({
      hint: 'pass --scheduled or --force',
    });
  });

  it('refuses a bad version or time-out before it reads anything', async () => {
    const session = fakeSession();
    await expect(restart(session, { ...FORCE, pgVersion: '15' })).rejects.toThrow('X.Y');
    await expect(restart(session, { ...FORCE, timeout: 'x' })).rejects.toThrow('Timeout');
  });

  it('says on Ctrl-C what may still be going on', async () => {
    const members = world();
    const controller = new AbortController();
    const session = fakeSession({
      documents: demoDocuments(),
      signal: controller.signal,
      onSleep: () => controller.abort(new Interrupted()),
      rest: worldRest(members, () => {
        if (members.pg2) members.pg2.state = 'restarting';
        throw LOST;
      }),
    });
    await expect(restart(session, FORCE)).rejects.toThrow(
      'Interrupted: the restart of pg2 may still be going on; ' +
        'pgherd list demo shows where it stands',
    );
  });
});
