import { describe, expect, it } from 'vitest';
import { formatPostgresVersion } from '../../../../src/ctl/inspect/member-versions.ts';
import { version } from '../../../../src/ctl/inspect/version.ts';
import { Refusal } from '../../../../src/model/errors.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const answer = { status: 200, body: '{"patroni":{"version":"4.1.5"},"server_version":150017}' };
const all = { cluster: 'demo', members: [], group: undefined, own: '0.1.0' };

describe('version', () => {
  it('needs no cluster', async () => {
    const session = fakeSession();
    const result = await version(session, { ...all, cluster: undefined });
    expect(session.stdout).toEqual(['pgherd version 0.1.0']);
    expect(session.calls).toEqual([]);
    expectSchema('version', result);
  });

  it('asks every member, with the words of patronictl', async () => {
    const session = fakeSession({ documents: demoDocuments(), rest: () => answer });
    const result = await version(session, all);
    expect(session.stdout).toEqual([
      'pgherd version 0.1.0',
      '',
      'pg1: Patroni 4.1.5 PostgreSQL 15.17',
      'pg2: Patroni 4.1.5 PostgreSQL 15.17',
      'pg3: Patroni 4.1.5 PostgreSQL 15.17',
    ]);
    expect(result.outcome).toBe('done');
    expectSchema('version', result);
  });

  it('does not blame the members for a mistake of our own configuration', async () => {
    const rest = () => {
      throw new Refusal('tls-file-unreadable', 'Cannot read /ca.pem');
    };
    const session = fakeSession({ documents: demoDocuments(), rest });
    await expect(version(session, all)).rejects.toThrow('Cannot read /ca.pem');
  });

  it('asks only the members that are named', async () => {
    const session = fakeSession({ documents: demoDocuments(), rest: () => answer });
    const result = await version(session, { ...all, members: ['pg2'] });
    expect(session.calls.map(({ member }) => member)).toEqual(['pg2']);
    expect(result.outcome).toBe('done');
  });

  it('refuses names that the cluster does not have, before it asks anybody', async () => {
    const session = fakeSession({ documents: demoDocuments(), rest: () => answer });
    const asked = version(session, { ...all, members: ['pg2', 'pg9'] });
    await expect(asked).rejects.toMatchObject({
      code: 'unknown-member',
      message: 'pg9 is not a member of cluster',
    });
    expect(session.calls).toEqual([]);
  });

  it('says which member is silent, and still shows the others', async () => {
    const session = fakeSession({
      documents: demoDocuments(),
      rest: (member) => {
        if (member === 'pg2') throw new RestError('refused', 'connection refused');
        return member === 'pg3' ? { status: 200, body: 'nonsense' } : answer;
      },
    });
    const result = await version(session, all);
    expect(session.stdout).toContain('pg1: Patroni 4.1.5 PostgreSQL 15.17');
    expect(session.stderr).toEqual([
      'pg2: failed to get version: connection refused',
      'pg3: failed to get version: it answered with status 200 and no version',
    ]);
    expect(result.outcome).toBe('failed');
    expect(result.error?.message).toBe('No version could be had of pg2, pg3');
    expectSchema('version', result);
  });

  it.each([
    [150017, '15.17'],
    [180000, '18.0'],
    [90624, '9.6.24'],
    [undefined, null],
  ])('reads server_version %s as %s', (number, text) => {
    expect(formatPostgresVersion(number)).toBe(text);
  });
});
