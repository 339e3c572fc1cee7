import { describe, expect, it } from 'vitest';
import { type PauseOptions, setPause } from '../../../../src/ctl/actions/pause.ts';
import { Interrupted } from '../../../../src/model/errors.ts';
import { RestError, type RestReply } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { type FakeOptions, fakeSession } from '../fake-session.ts';

const PAUSE: PauseOptions = {
  cluster: undefined,
  group: undefined,
  paused: true,
  wait: false,
  timeout: undefined,
};
const OK: RestReply = { status: 200, body: '{"pause":true}' };

async function run(options: Partial<PauseOptions>, fake: FakeOptions) {
  const session = fakeSession({ documents: demoDocuments(), ...fake });
  const result = await setPause(session, { ...PAUSE, ...options });
  expectSchema(options.paused === false ? 'resume' : 'pause', result);
  return { session, result };
}

function acknowledge(session: ReturnType<typeof fakeSession>, name: string): void {
  const value = memberDocument(name, { pause: true });
  session.documents.set(`members/${name}`, { value, version: 'new' });
}

describe('pause and resume', () => {
  it('asks the leader only', async () => {
    const { session, result } = await run({}, { rest: () => OK });
    expect(session.calls).toEqual([
      { member: 'pg1', method: 'PATCH', path: 'config', body: { pause: true } },
    ]);
    expect(session.stdout).toEqual(['Success: cluster management is paused']);
    expect(result).toMatchObject({ outcome: 'done', data: { cluster: 'demo', paused: true } });
  });

  it('takes the key away to resume', async () => {
    const documents = demoDocuments({ config: '{"pause":true}' });
    const { session } = await run({ paused: false }, { documents, rest: () => OK });
    expect(session.calls[0]?.body).toEqual({ pause: null });
    expect(session.stdout).toEqual(['Success: cluster management is resumed']);
  });

  it('refuses when there is nothing to do', async () => {
    const paused = fakeSession({ documents: demoDocuments({ config: '{"pause":true}' }) });
    await expect(setPause(paused, PAUSE)).rejects.toThrow('Cluster is already paused');
    const running = fakeSession({ documents: demoDocuments() });
    const resume = setPause(running, { ...PAUSE, paused: false });
    await expect(resume).rejects.toThrow('Cluster is not paused');
  });

  it('goes on to the next member when one is away', async () => {
    const { session, result } = await run(
      {},
      {
        rest: (name) => {
          if (name === 'pg1') throw new RestError('refused', 'connection refused');
          return OK;
        },
      },
    );
    expect(session.calls.map(({ member }) => member)).toEqual(['pg1', 'pg2']);
    expect(result.outcome).toBe('done');
  });

  it('fails when nobody can be reached', async () => {
    const { session, result } = await run(
      {},
      {
        rest: () => {
          throw new RestError('refused', 'connection refused');
        },
      },
    );
    expect(session.warnings).toHaveLength(3);
    expect(result).toMatchObject({
      outcome: 'failed',
      data: { paused: false },
      error: { message: 'Can not find accessible cluster member' },
    });
  });

  it('fails when the member refuses', async () => {
    const { session, result } = await run({}, { rest: () => ({ status: 403, body: 'denied' }) });
    expect(session.stdout).toEqual(['Failed: pause cluster management status code=403, (denied)']);
    expect(session.calls).toHaveLength(1);
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'pause-failed' } });
    expect(result.error?.hint).toContain('ctl.authentication');
  });

  it('looks whether it is written when answers were lost', async () => {
    const timeout = new RestError('timeout', 'no answer');
    const lost = () => {
      throw timeout;
    };
    const unsure = await run({}, { rest: lost });
    expect(unsure.result).toMatchObject({ outcome: 'unknown', data: { paused: null } });
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => {
        session.documents.set('config', { value: '{"pause":true}', version: 'new' });
        throw timeout;
      },
    });
    expect(await setPause(session, PAUSE)).toMatchObject({
      outcome: 'done',
      data: { paused: true },
    });
  });
});

describe('pause --wait', () => {
  it('ends when every member with a REST API knows it', async () => {
    const documents = demoDocuments({
      'members/pg3': memberDocument('pg3', { api_url: undefined }),
    });
    const session = fakeSession({
      documents,
      rest: () => OK,
      onSleep: (ms) => {
        acknowledge(session, 'pg1');
        if (ms >= 3000) acknowledge(session, 'pg2');
      },
    });
    const result = await setPause(session, { ...PAUSE, wait: true });
    expectSchema('pause', result);
    expect(result).toMatchObject({ outcome: 'done', data: { notAcknowledged: [] } });
    expect(session.clock.monotonic()).toBe(3000);
    expect(session.stderr[0]).toBe(
      "'pause' request sent, waiting until it is recognized by all nodes",
    );
    expect(session.stderr).toContain('waiting for pg2');
    expect(session.stdout).toEqual(['Success: cluster management is paused']);
  });

  it('does not wait for a member that has left', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => OK,
      onSleep: () => {
        acknowledge(session, 'pg1');
        acknowledge(session, 'pg2');
        session.documents.delete('members/pg3');
      },
    });
    expect((await setPause(session, { ...PAUSE, wait: true })).outcome).toBe('done');
  });

  it('names who does not know it when the time is over', async () => {
    const { session, result } = await run({ wait: true, timeout: 5 }, { rest: () => OK });
    expect(session.clock.monotonic()).toBe(5000);
    expect(session.stdout).toEqual([]);
    expect(result).toMatchObject({
      outcome: 'unknown',
      data: { paused: true, notAcknowledged: ['pg1', 'pg2', 'pg3'] },
    });
    expect(result.error?.message).toContain('pg1, pg2, pg3');
  });

  it('says on Ctrl-C that the pause is written', async () => {
    const controller = new AbortController();
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => OK,
      signal: controller.signal,
      onSleep: () => controller.abort(new Interrupted()),
    });
    await expect(setPause(session, { ...PAUSE, wait: true })).rejects.toThrow(
      'Interrupted: the pause is written; these members did not know it yet: pg1, pg2, pg3',
    );
  });
});
