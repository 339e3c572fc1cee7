import { describe, expect, it } from 'vitest';
import {
  type ClusterRoleOptions,
  changeClusterRole,
} from '../../../../src/ctl/actions/cluster-role.ts';
import { Interrupted } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { type FakeSession, fakeSession } from '../fake-session.ts';

const DEMOTE: ClusterRoleOptions = {
  cluster: 'demo',
  source: { host: '10.9.9.9', port: 5432 },
  force: true,
  wait: true,
  timeout: undefined,
};
const PROMOTE = { ...DEMOTE, source: undefined };
const STANDBY = {
  config: '{"standby_cluster":{"host":"10.9.9.9"}}',
  'members/pg1': memberDocument('pg1', { role: 'standby_leader' }),
};

function set(session: FakeSession, name: string, value: string): void {
  session.documents.set(name, { value, version: `${name} new` });
}

describe('demote-cluster', () => {
  it('writes the source and follows it until the leader and the old leader run', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => ({ status: 200, body: '{}' }),
      onSleep: (ms) => {
        if (ms === 1000) {
          set(session, 'config', STANDBY.config);
          set(session, 'leader', 'pg2');
          set(session, 'members/pg2', memberDocument('pg2', { role: 'standby_leader' }));
          set(session, 'members/pg1', memberDocument('pg1', { role: 'replica', state: 'stopped' }));
        }
        if (ms === 4000) set(session, 'members/pg1', memberDocument('pg1', { role: 'replica' }));
      },
    });
    const result = await changeClusterRole(session, DEMOTE);
    expect(session.calls).toEqual([
      {
        member: 'pg1',
        method: 'PATCH',
        path: 'config',
        body: { standby_cluster: { host: '10.9.9.9', port: 5432 } },
      },
    ]);
    expect(session.clock.monotonic()).toBe(4000);
    expect(session.stderr[0]).toMatch(
      /^\d{4}-\d\d-\d\d [\d:]{8} cluster is unlocked: False, leader role: primary, leader state: running$/,
    );
    expect(session.stderr[1]).toContain("previous leader state: 'stopped'");
    expect(session.stdout[2]).toMatch(/ cluster is successfully demoted$/);
    expect(session.stdout[3]).toContain('Standby Leader');
    expect(result).toMatchObject({ outcome: 'done', data: { leader: 'pg2' } });
    expectSchema('demote-cluster', result);
  });

  it('is not known when the time is over', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => ({ status: 200, body: '{}' }),
    });
    const result = await changeClusterRole(session, { ...DEMOTE, timeout: 3 });
    expect(session.clock.monotonic()).toBe(3000);
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'demote-unknown' } });
    expect(result.error?.message).toContain('leader role: primary');
    expectSchema('demote-cluster', result);
  });

  it('does not wait with --no-wait', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => ({ status: 200, body: '{}' }),
    });
    const result = await changeClusterRole(session, { ...DEMOTE, wait: false });
    expect(session.clock.monotonic()).toBe(0);
    expect(result).toMatchObject({ outcome: 'done', data: { waited: false } });
    expectSchema('demote-cluster', result);
  });

  it('fails when the member refuses', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => ({ status: 401, body: 'no auth header received' }),
    });
    const result = await changeClusterRole(session, DEMOTE);
    expect(result.error).toEqual({
      code: 'demote-failed',
      message:
        'Failed to demote demo cluster: /config PATCH status code=401, (no auth header received)',
      hint: expect.stringContaining('ctl.authentication') as string,
    });
    expectSchema('demote-cluster', result);
  });

  it.each([
    ['refused', 'failed'],
    ['timeout', 'unknown'],
  ] as const)('a request that is %s and not written is %s', async (failure, outcome) => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => {
        throw new RestError(failure, 'no answer');
      },
    });
    expect((await changeClusterRole(session, DEMOTE)).outcome).toBe(outcome);
  });

  it('follows a request that was written though its answer was lost', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => {
        set(session, 'config', '{"standby_cluster":{"host":"10.9.9.9"}}');
        set(session, 'members/pg1', STANDBY['members/pg1']);
        throw new RestError('timeout', 'no answer');
      },
    });
    expect((await changeClusterRole(session, DEMOTE)).outcome).toBe('done');
  });

  it('needs a source, a leader, and a cluster that is no standby cluster yet', async () => {
    const refused = async (
      changes: Record<string, string | undefined>,
      options: ClusterRoleOptions = DEMOTE,
    ) => {
      const session = fakeSession({ documents: demoDocuments(changes) });
      await changeClusterRole(session, options);
    };
    const slot = { ...DEMOTE, source: { primary_slot_name: 'x' } };
    await expect(refused({}, slot)).rejects.toThrow(
      'At least --host, --port or --restore-command should be specified',
    );
    await expect(refused({ leader: undefined })).rejects.toThrow(
      'Cluster has no leader, demotion is not possible',
    );
    await expect(refused(STANDBY)).rejects.toThrow('Cluster is already in the required state');
  });

  it('asks first', async () => {
    const session = fakeSession({ documents: demoDocuments(), answers: [false] });
    const asked = changeClusterRole(session, { ...DEMOTE, force: false });
    await expect(asked).rejects.toThrow('Aborted cluster demotion');
    expect(session.questions[0]).toEqual({
      message: 'Are you sure you want to demote demo cluster?',
      flag: '--force',
    });
    expect(session.calls).toEqual([]);
  });

  it('says on Ctrl-C that it goes on', async () => {
    const controller = new AbortController();
    const session = fakeSession({
      documents: demoDocuments(),
      rest: () => ({ status: 200, body: '{}' }),
      signal: controller.signal,
      onSleep: () => controller.abort(new Interrupted()),
    });
    await expect(changeClusterRole(session, DEMOTE)).rejects.toThrow(
      'Interrupted: the demotion goes on; pgherd list demo shows it',
    );
  });
});

describe('promote-cluster', () => {
  it('takes the section away and ends when the leader is a primary', async () => {
    const session = fakeSession({
      documents: demoDocuments(STANDBY),
      rest: () => ({ status: 200, body: '{}' }),
      onSleep: () => set(session, 'members/pg1', memberDocument('pg1', { role: 'primary' })),
    });
    const result = await changeClusterRole(session, PROMOTE);
    expect(session.calls[0]?.body).toEqual({ standby_cluster: null });
    expect(session.stdout[2]).toMatch(/ cluster is successfully promoted$/);
    expect(result.outcome).toBe('done');
    expectSchema('promote-cluster', result);
  });

  it('has nothing to do on a cluster of its own, also under the old name of the role', async () => {
    for (const role of ['primary', 'master']) {
      const documents = demoDocuments({ 'members/pg1': memberDocument('pg1', { role }) });
      const session = fakeSession({ documents });
      await expect(changeClusterRole(session, PROMOTE)).rejects.toMatchObject({
        code: 'nothing-to-do',
      });
    }
  });
});
