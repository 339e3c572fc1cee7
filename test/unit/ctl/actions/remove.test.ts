import { describe, expect, it } from 'vitest';
import { type RemoveOptions, remove } from '../../../../src/ctl/actions/remove.ts';
import { DcsError } from '../../../../src/model/errors.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const ASK: RemoveOptions = {
  cluster: 'demo',
  group: undefined,
  format: 'pretty',
  force: false,
  confirm: undefined,
  wait: false,
  timeout: undefined,
};
const SURE = { ...ASK, force: true, confirm: 'demo' };

describe('remove', () => {
  it('asks three times in patronictl’s words, then removes', async () => {
    const answers = ['demo', 'Yes I am aware', 'pg1'];
    const session = fakeSession({ documents: demoDocuments(), answers });
    const keys = session.documents.size;
    const result = await remove(session, ASK);
    expect(session.questions.map(({ message }) => message)).toEqual([
      'Please confirm the cluster name to remove',
      'You are about to remove all information in DCS for demo, please type: "Yes I am aware"',
      'This cluster currently is healthy. Please specify the leader name to continue',
    ]);
    expect(session.documents.size).toBe(0);
    expect(session.stdout.at(-1)).toBe(`Removed ${keys} keys of cluster demo from the DCS`);
    expect(result.data).toEqual({ cluster: 'demo', group: null, removedKeys: keys });
    expectSchema('remove', result);
  });

  it('does not ask for a leader that is not there', async () => {
    const documents = demoDocuments({ leader: undefined });
    const session = fakeSession({ documents, answers: ['demo', 'Yes I am aware'] });
    expect((await remove(session, ASK)).outcome).toBe('done');
    expect(session.warnings).toEqual([]);
  });

  it.each([
    [['dem'], 'Cluster names specified do not match'],
    [['demo', 'yes'], 'You did not exactly type "Yes I am aware"'],
    [['demo', 'Yes I am aware', 'pg2'], 'You did not specify the current leader of the cluster'],
  ])('removes nothing after the answers %j', async (answers, message) => {
    const session = fakeSession({ documents: demoDocuments(), answers });
    await expect(remove(session, ASK)).rejects.toMatchObject({ code: 'not-confirmed', message });
    expect(session.documents.size).toBeGreaterThan(0);
  });

  it('watches under --wait whether members write their keys again', async () => {
    const options = { ...SURE, wait: true };
    const gone = fakeSession({ documents: demoDocuments() });
    expect((await remove(gone, options)).outcome).toBe('done');
    expect(gone.clock.monotonic()).toBe(15_000);
    const back = fakeSession({
      documents: demoDocuments(),
      onSleep: () =>
        back.documents.set('members/pg2', { value: memberDocument('pg2'), version: '9' }),
    });
    const result = await remove(back, { ...options, timeout: 3 });
    expect(result.outcome).toBe('failed');
    expect(result.error?.message).toBe(
      'The keys of cluster demo were removed and are written again by pg2',
    );
    expectSchema('remove', result);
  });

  it('says after Ctrl-C what is removed already', async () => {
    const stop = new AbortController();
    const session = fakeSession({
      documents: demoDocuments(),
      signal: stop.signal,
      onSleep: () => stop.abort(new Error('stopped')),
    });
    await expect(remove(session, { ...SURE, wait: true })).rejects.toThrow(
      'Interrupted: the keys of cluster demo are removed',
    );
  });

  it('asks nothing with --force and the right --confirm, and warns of a leader', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    expect((await remove(session, SURE)).outcome).toBe('done');
    expect(session.warnings[0]).toContain('the cluster has a leader');
  });

  it.each([
    [{ force: true }, '--force alone does not remove a cluster'],
    [{ force: true, confirm: 'demo2' }, 'Cluster names specified do not match'],
    [{ confirm: 'demo2' }, 'Cluster names specified do not match'],
    [{ confirm: 'demo' }, 'no answer to'],
  ])('removes nothing with %j', async (flags, message) => {
    const session = fakeSession({ documents: demoDocuments() });
    await expect(remove(session, { ...ASK, ...flags })).rejects.toThrow(message);
    expect(session.documents.size).toBeGreaterThan(0);
  });

  it('refuses an unknown cluster before it asks', async () => {
    const session = fakeSession({ answers: ['demo'] });
    await expect(remove(session, ASK)).rejects.toMatchObject({ code: 'unknown-cluster' });
    expect(session.questions).toEqual([]);
  });

  it('needs a group in a Citus cluster', async () => {
    const citus = { group: 0, database: 'citus' };
    const session = fakeSession({ documents: demoDocuments(), settings: { citus } });
    await expect(remove(session, SURE)).rejects.toThrow('--group must be specified');
  });

  it('needs a group where the DCS has groups, whatever the configuration says', async () => {
    const session = fakeSession();
    const dcs = await session.dcs('demo');
    dcs.read = async () =>
      [0, 3].map((group) => ({ group, name: 'config', value: '{}', version: '1' }));
    await expect(remove(session, SURE)).rejects.toMatchObject({
      code: 'no-group',
      hint: 'the groups of demo are 0, 3',
    });
  });

  it('does not know it when the DCS does not answer', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    const dcs = await session.dcs('demo');
    dcs.removeAll = async () => {
      throw new DcsError('etcd did not answer');
    };
    const result = await remove(session, SURE);
    expect(result).toMatchObject({ outcome: 'unknown', data: { removedKeys: null } });
    expect(result.error?.message).toContain('it was still there a moment ago');
    expectSchema('remove', result);
  });
});
