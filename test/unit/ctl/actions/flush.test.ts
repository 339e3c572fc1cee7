import { describe, expect, it } from 'vitest';
import { type FlushOptions, flush } from '../../../../src/ctl/actions/flush.ts';
import { DcsError } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { type FakeOptions, fakeSession } from '../fake-session.ts';

const FORCE: FlushOptions = {
  cluster: 'demo',
  members: [],
  group: undefined,
  role: 'any',
  target: 'restart',
  force: true,
  timeout: undefined,
};
const SCHEDULED = { scheduled_restart: { schedule: '2030-01-01T00:00:00+00:00' } };
const AT = '"scheduled_at":"2030-01-01T00:00:00+00:00"';
const FAILOVER = `{"leader":"pg1","member":"pg2",${AT}}`;

describe('flush restart', () => {
  const documents = () =>
    demoDocuments({
      'members/pg2': memberDocument('pg2', SCHEDULED),
      'members/pg3': memberDocument('pg3', SCHEDULED),
    });

  it('asks only members that have one', async () => {
    const rest = () => ({ status: 200, body: 'scheduled restart deleted' });
    const session = fakeSession({ documents: documents(), rest });
    const result = await flush(session, FORCE);
    expect(session.calls.map(({ member, method }) => `${method} ${member}`)).toEqual([
      'DELETE pg2',
      'DELETE pg3',
    ]);
    expect(session.stdout.slice(1)).toEqual([
      'No scheduled restart for member pg1',
      'Success: flush scheduled restart for member pg2',
      'Success: flush scheduled restart for member pg3',
    ]);
    expect(result.outcome).toBe('done');
    expectSchema('flush', result);
  });

  it('fails when a member refuses', async () => {
    const rest = () => ({ status: 404, body: 'no restarts are scheduled' });
    const session = fakeSession({ documents: documents(), rest });
    const result = await flush(session, { ...FORCE, members: ['pg2'] });
    expect(session.stdout.at(-1)).toBe(
      'Failed: flush scheduled restart for member pg2, status code=404, (no restarts are scheduled)',
    );
    expect(result.outcome).toBe('failed');
    expectSchema('flush', result);
  });

  it('refuses a name that is not there', async () => {
    const session = fakeSession({ documents: documents() });
    for (const target of ['restart', 'switchover'] as const) {
      await expect(flush(session, { ...FORCE, target, members: ['pg9'] })).rejects.toMatchObject({
        code: 'unknown-member',
      });
    }
  });
});

describe('flush switchover', () => {
  const run = async (fake: FakeOptions) => {
    const session = fakeSession({ documents: demoDocuments({ failover: FAILOVER }), ...fake });
    const result = await flush(session, { ...FORCE, target: 'switchover' });
    expectSchema('flush', result);
    return { session, result, failover: session.documents.get('failover')?.value };
  };
  const refuse = () => {
    throw new RestError('refused', 'connection refused');
  };

  it('does nothing when none is scheduled', async () => {
    const { session, result } = await run({ documents: demoDocuments() });
    expect(session.stdout).toEqual(['No pending scheduled switchover']);
    expect(result.outcome).toBe('done');
  });

  it('asks the leader, without a question', async () => {
    const rest = () => ({ status: 200, body: 'scheduled switchover deleted' });
    const { session, result } = await run({ rest });
    expect(session.calls.map(({ member }) => member)).toEqual(['pg1']);
    expect(session.stdout).toEqual(['Success: scheduled switchover deleted']);
    expect(result.data).toMatchObject({ viaDcs: false });
  });

  it('fails when it is not there any more', async () => {
    const { result } = await run({ rest: () => ({ status: 404, body: 'no switchover' }) });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'nothing-scheduled' } });
  });

  it('asks the next member after one that does not answer', async () => {
    const { session, result } = await run({
      rest: (name) => (name === 'pg1' ? refuse() : { status: 200, body: 'deleted' }),
    });
    expect(session.warnings).toEqual(['Member pg1 is not accessible: connection refused']);
    expect(result.outcome).toBe('done');
  });

  it('is a success when the first did it and only its answer was lost', async () => {
    const { session, result } = await run({
      rest: (name) => {
        if (name === 'pg1') throw new RestError('timeout', 'no answer');
        return { status: 404, body: 'no switchover is scheduled' };
      },
    });
    expect(result.outcome).toBe('done');
    expect(session.stdout).toEqual(['Success: scheduled switchover deleted']);
  });

  it('writes the document itself when no member can be reached, and says so', async () => {
    const { session, result, failover } = await run({ rest: refuse });
    expect(failover).toBe('{}');
    expect(session.warnings.at(-1)).toContain('taken out of the DCS itself');
    expect(result).toMatchObject({ outcome: 'done', data: { viaDcs: true } });
  });

  it('does not touch a document that someone else has written meanwhile', async () => {
    const session = fakeSession({
      documents: demoDocuments({ failover: FAILOVER }),
      rest: () => {
        session.documents.set('failover', { value: '{"member":"pg3"}', version: 'new' });
        return refuse();
      },
    });
    const result = await flush(session, { ...FORCE, target: 'switchover' });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'conflict' } });
    expect(session.documents.get('failover')?.value).toBe('{"member":"pg3"}');
    expectSchema('flush', result);
  });

  it('does not know it when the DCS does not answer the write', async () => {
    const session = fakeSession({
      documents: demoDocuments({ failover: FAILOVER }),
      rest: refuse,
    });
    const dcs = await session.dcs('demo');
    dcs.write = async () => {
      throw new DcsError('etcd did not answer');
    };
    const result = await flush(session, { ...FORCE, target: 'switchover' });
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'flush-unknown' } });
    expectSchema('flush', result);
  });
});
