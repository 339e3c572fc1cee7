import { describe, expect, it } from 'vitest';
import { health } from '../../../../src/ctl/inspect/health.ts';
import { Refusal } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const options = { cluster: 'demo', group: undefined };
const answer = { status: 200, body: '{}' };

describe('health', () => {
  it('is done when all is well', async () => {
    const session = fakeSession({ documents: demoDocuments(), rest: () => answer });
    const result = await health(session, options);
    expect(session.stdout).toEqual(['demo: healthy']);
    expect(result.outcome).toBe('done');
    expectSchema('health', result);
  });

  it('is unhealthy with the findings, those of members that do not answer among them', async () => {
    const session = fakeSession({
      documents: demoDocuments({ leader: undefined }),
      rest: (member) => {
        if (member === 'pg1') throw new RestError('timeout', 'no answer within 2 s');
        return answer;
      },
    });
    const result = await health(session, options);
    expect(session.stdout[0]).toBe('demo: not healthy');
    expect(session.stdout).toContain('  error: the cluster: no member holds the leader lock');
    expect(session.stdout).toContain(
      '  error: member pg1: its REST API does not answer: no answer within 2 s',
    );
    expect(result.outcome).toBe('unhealthy');
    expectSchema('health', result);
  });

  it('does not blame the members for a mistake of our own configuration', async () => {
    const rest = () => {
      throw new Refusal('tls-file-unreadable', 'Cannot read /ca.pem');
    };
    const session = fakeSession({ documents: demoDocuments(), rest });
    await expect(health(session, options)).rejects.toThrow('Cannot read /ca.pem');
  });

  it('stays healthy with warnings', async () => {
    const documents = demoDocuments({ config: '{"pause":true}' });
    const session = fakeSession({ documents, rest: () => answer });
    const result = await health(session, options);
    expect(result.outcome).toBe('done');
    expect(session.stdout[1]).toBe(
      '  warning: the cluster: it is paused: there is no automatic failover',
    );
  });
});
