import { describe, expect, it } from 'vitest';
import { type ReinitOptions, reinit } from '../../../../src/ctl/reinit/reinit.ts';
import { Interrupted } from '../../../../src/model/errors.ts';
import { SqlError, type SqlTarget } from '../../../../src/postgres/sql.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { type FakeOptions, fakeSession } from '../fake-session.ts';
import { type Order, startAnew, world, worldRest } from '../member-world.ts';

const FORCE: ReinitOptions = {
  cluster: 'demo',
  members: ['pg2'],
  group: undefined,
  force: true,
  fromLeader: false,
  wait: false,
  timeout: undefined,
};
const WAIT = { ...FORCE, wait: true };
const SUPERUSER = {
  raw: { postgresql: { authentication: { superuser: { username: 'boss', password: 'secret' } } } },
};
const started: Order = () => ({ status: 200, body: 'reinitialize started' });

function setUp(order: Order, fake: Omit<FakeOptions, 'rest'> = {}) {
  const members = world();
  const rest = worldRest(members, order);
  return { members, session: fakeSession({ documents: demoDocuments(), ...fake, rest }) };
}

/** pg2 is copied for so long, then starts anew. */
function copyFor(seconds: number, fake: Omit<FakeOptions, 'rest'> = {}) {
  const made = setUp(
    () => {
      if (made.members.pg2) made.members.pg2.state = 'creating replica';
      return { status: 200, body: 'reinitialize started' };
    },
    {
      ...fake,
      onSleep: (ms) => {
        if (ms >= seconds * 1000) startAnew(made.members.pg2);
      },
    },
  );
  return made;
}

describe('reinit', () => {
  it('sends the request and does not wait unless it is told to', async () => {
    const { session } = setUp(started);
    const result = await reinit(session, { ...FORCE, fromLeader: true });
    expect(session.calls.at(-1)).toEqual({
      member: 'pg2',
      method: 'POST',
      path: 'reinitialize',
      body: { force: true, from_leader: true },
    });
    expect(session.stdout[1]).toBe('Success: reinitialize for member pg2');
    expect(session.clock.monotonic()).toBe(0);
    expect(result.outcome).toBe('done');
    expectSchema('reinit', result);
  });

  it('refuses a leader, a name that is not there, and no name at all with --force', async () => {
    const refused = (members: string[]) => reinit(setUp(started).session, { ...FORCE, members });
    await expect(refused(['pg2', 'pg1'])).rejects.toThrow('No replica among provided members: pg1');
    await expect(refused(['pg2', 'pg7'])).rejects.toThrow('pg7 is not a member of cluster');
    await expect(refused([])).rejects.toMatchObject({ code: 'no-member-named' });
  });

  it('asks to cancel what the member is doing', async () => {
    const busy: Order = (_name, { body }) =>
      (body as { force: boolean }).force
        ? { status: 200, body: 'reinitialize started' }
        : { status: 503, body: 'restart already in progress' };
    const { session } = setUp(busy, { answers: [true, true] });
    const result = await reinit(session, { ...FORCE, force: false });
    expect(session.questions.map(({ message }) => message)).toEqual([
      'Are you sure you want to reinitialize members pg2?',
      'Do you want to cancel it and reinitialize anyway?',
    ]);
    expect(session.stdout.slice(1)).toEqual([
      'Failed: reinitialize for member pg2, status code=503, (restart already in progress)',
      'Success: reinitialize for member pg2',
    ]);
    expect(result.outcome).toBe('done');
  });

  it('says on Ctrl-C at a question what was begun before it', async () => {
    const busy: Order = (name) =>
      name === 'pg2'
        ? { status: 200, body: 'reinitialize started' }
        : { status: 503, body: 'restart already in progress' };
    const { session } = setUp(busy, { answers: [true] });
    session.prompt.confirm = async ({ message }) => {
      if (message.startsWith('Are you sure')) return true;
      throw new Interrupted('Interrupted: nothing was changed');
    };
    const both = { ...FORCE, members: ['pg2', 'pg3'], force: false };
    await expect(reinit(session, both)).rejects.toThrow(
      'Interrupted: reinitialize was begun on pg2 and goes on; pgherd list demo shows where it stands',
    );
    const alone = reinit(session, { ...both, members: ['pg3'] });
    await expect(alone).rejects.toThrow('Interrupted: nothing was changed');
  });

  it('fails when the member refuses, and waits for nobody then', async () => {
    const refuse: Order = () => ({
      status: 503,
      body: 'Cluster has no leader, can not reinitialize',
    });
    const { session } = setUp(refuse);
    const result = await reinit(session, WAIT);
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'reinitialize-failed' } });
    expect(session.clock.monotonic()).toBe(0);
    expectSchema('reinit', result);
  });

  it('does not know it when the answer is lost and nobody waits', async () => {
    const { session } = setUp(() => {
      throw new RestError('timeout', 'no answer');
    });
    expect((await reinit(session, FORCE)).outcome).toBe('unknown');
  });
});

describe('reinit --wait', () => {
  it('ends when the new server streams', async () => {
    const { session } = copyFor(20);
    const result = await reinit(session, WAIT);
    expect(session.stdout.slice(1)).toEqual([
      'Success: reinitialize for member pg2',
      'Reinitialize is completed on: pg2',
    ]);
    expect(session.stderr[0]).toBe('Waiting for reinitialize to complete on: pg2');
    expect(result).toMatchObject({
      outcome: 'done',
      data: { waited: true, members: [{ outcome: 'done', seconds: 20, copiedBytes: null }] },
    });
    expectSchema('reinit', result);
  });

  it('follows a request whose answer was lost', async () => {
    const { session, members } = setUp(() => {
      startAnew(members.pg2);
      throw new RestError('timeout', 'no answer');
    });
    expect((await reinit(session, WAIT)).outcome).toBe('done');
  });

  it('fails when no server comes up, with the reason', async () => {
    const { session, members } = setUp(() => {
      if (members.pg2) members.pg2.state = 'start failed';
      return { status: 200, body: 'reinitialize started' };
    });
    const result = await reinit(session, WAIT);
    expect(session.stdout.at(-1)).toMatch(/^Failed: reinitialize for member pg2, \(its state is/);
    expect(result.outcome).toBe('failed');
  });

  it('is not known when the time is over', async () => {
    const { session } = copyFor(1000);
    const result = await reinit(session, { ...WAIT, timeout: 60 });
    expect(session.clock.monotonic()).toBe(60_000);
    expect(result).toMatchObject({ outcome: 'unknown', data: { members: [{ seconds: 60 }] } });
    expect(result.error?.message).toContain('not done after 60 seconds (copying');
    expectSchema('reinit', result);
  });

  it('shows the bytes that the source of the copy has sent', async () => {
    const targets: SqlTarget[] = [];
    let closed = 0;
    const { session } = copyFor(15, {
      settings: SUPERUSER,
      connectSql: async (target) => {
        targets.push(target);
        return {
          query: async () => ({
            columns: ['phase', 'backup_streamed', 'backup_total', 'host'],
            rows: [['streaming database files', 1_073_741_824, 4_294_967_296, '10.0.0.2']],
          }),
          close: () => {
            closed++;
          },
        };
      },
    });
    const result = await reinit(session, WAIT);
    expect(targets).toEqual([expect.objectContaining({ host: '10.0.0.1', user: 'boss' })]);
    expect(session.stderr.at(-1)).toMatch(
      /^pg2: copying \(creating replica\), \d+ s, streaming database files: 1\.0 GB of 4\.0 GB, 25 %, .*\/s$/,
    );
    expect(result.data).toMatchObject({
      members: [{ copiedBytes: 1_073_741_824, totalBytes: 4_294_967_296 }],
    });
    expect(closed).toBe(1);
    expectSchema('reinit', result);
  });

  it('does not take the copy of another client for this member’s', async () => {
    const { session } = copyFor(5, {
      settings: SUPERUSER,
      connectSql: async () => ({
        query: async () => ({ columns: [], rows: [['streaming', 1, 2, '10.0.0.77']] }),
        close: () => {},
      }),
    });
    const result = await reinit(session, WAIT);
    expect(result.data).toMatchObject({ members: [{ copiedBytes: null }] });
  });

  it('ends a connection that is still being made when all is over', async () => {
    let ended = false;
    const { session } = copyFor(5, {
      settings: SUPERUSER,
      connectSql: (_target, signal) => {
        signal.addEventListener('abort', () => {
          ended = true;
        });
        return new Promise(() => {});
      },
    });
    await reinit(session, WAIT);
    expect(ended).toBe(true);
  });

  it('says once why there are no bytes', async () => {
    const failing = copyFor(30, {
      settings: SUPERUSER,
      connectSql: async () => {
        throw new SqlError('password authentication failed', '28P01');
      },
    });
    await reinit(failing.session, WAIT);
    const lines = failing.session.stderr.filter((line) => line.includes('cannot be shown'));
    expect(lines).toEqual([
      'The bytes that are copied cannot be shown, only the state: password authentication failed',
    ]);
    const nameless = copyFor(5);
    await reinit(nameless.session, WAIT);
    expect(nameless.session.stderr.join('\n')).toContain('no postgresql.authentication.superuser');
  });

  it('says every ten seconds where it stands when it is no terminal', async () => {
    const { session } = copyFor(35);
    await reinit(session, WAIT);
    const lines = session.stderr.filter((line) => line.startsWith('pg2: copying'));
    expect(lines).toHaveLength(4);
  });

  it('says on Ctrl-C that the members go on', async () => {
    const controller = new AbortController();
    const { session } = setUp(started, {
      signal: controller.signal,
      onSleep: () => controller.abort(new Interrupted()),
    });
    await expect(reinit(session, WAIT)).rejects.toThrow(
      'Interrupted: the members go on with it by themselves: pg2; ' +
        'pgherd list demo shows where they stand',
    );
  });
});
