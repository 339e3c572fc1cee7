import { describe, expect, it } from 'vitest';
import { reload } from '../../../../src/ctl/actions/reload.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const FORCE = {
  cluster: 'demo',
  members: [],
  group: undefined,
  role: 'any',
  force: true,
  timeout: undefined,
} as const;

describe('reload', () => {
  it('prints patronictl’s lines, in the order of the members', async () => {
    const session = fakeSession({
      documents: demoDocuments({ config: '{"loop_wait":7}' }),
      rest: (name) => ({ status: name === 'pg1' ? 200 : 202, body: 'reload scheduled' }),
    });
    const result = await reload(session, FORCE);
    expect(session.stdout.slice(1)).toEqual([
      'No changes to apply on member pg1',
      'Reload request received for member pg2 and will be processed within 7 seconds',
      'Reload request received for member pg3 and will be processed within 7 seconds',
    ]);
    expect(result.outcome).toBe('done');
    expectSchema('reload', result);
  });

  it('fails when one member refuses, and gives a hint', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: (name) =>
        name === 'pg2' ? { status: 401, body: 'no auth header' } : { status: 202, body: '' },
    });
    const result = await reload(session, FORCE);
    expect(session.stdout).toContain(
      'Failed: reload for member pg2, status code=401, (no auth header)',
    );
    expect(result.outcome).toBe('failed');
    expect(result.error?.hint).toContain('ctl.authentication');
    expectSchema('reload', result);
  });

  it('tells a member that is away from one whose answer was lost', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: (name) => {
        if (name === 'pg2') throw new RestError('refused', 'connection refused');
        if (name === 'pg3') throw new RestError('timeout', 'no answer within 5 seconds');
        return { status: 202, body: '' };
      },
    });
    const result = await reload(session, FORCE);
    expect(session.stdout).toContain('Failed: reload for member pg2, (connection refused)');
    expect(session.stdout).toContain(
      'Unknown: reload for member pg3, (no answer within 5 seconds)',
    );
    expect(result.outcome).toBe('failed');
    const only = await reload(session, { ...FORCE, members: ['pg3'] });
    expect(only.outcome).toBe('unknown');
  });

  it('asks first', async () => {
    const session = fakeSession({ documents: demoDocuments(), answers: [false] });
    const asked = reload(session, { ...FORCE, force: false, role: 'replica' });
    await expect(asked).rejects.toMatchObject({ message: 'Aborted reload' });
    expect(session.questions[0]?.message).toBe('Are you sure you want to reload members pg2, pg3?');
    expect(session.calls).toEqual([]);
  });
});
