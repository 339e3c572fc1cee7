import { describe, expect, it } from 'vitest';
import { dsn } from '../../../../src/ctl/inspect/dsn.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';

const options = { cluster: undefined, group: undefined, role: undefined, member: undefined };

describe('dsn', () => {
  it('is that of the leader, of the cluster in the configuration', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    const result = await dsn(session, options);
    expect(session.stdout).toEqual(['host=10.0.0.1 port=5432']);
    expectSchema('dsn', result);
  });

  it('takes a role or a member', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    await dsn(session, { ...options, role: 'replica' });
    await dsn(session, { ...options, member: 'pg3' });
    expect(session.stdout).toEqual(['host=10.0.0.2 port=5432', 'host=10.0.0.3 port=5432']);
  });

  it('refuses both, and a member that is not there', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    await expect(dsn(session, { ...options, role: 'any', member: 'pg3' })).rejects.toThrow(
      '--role and --member are mutually exclusive options',
    );
    await expect(dsn(session, { ...options, member: 'pg9' })).rejects.toThrow(
      'Can not find a suitable member',
    );
  });

  it('refuses a member that has published no address', async () => {
    const documents = demoDocuments({ 'members/pg2': memberDocument('pg2', { conn_url: null }) });
    const session = fakeSession({ documents });
    await expect(dsn(session, { ...options, member: 'pg2' })).rejects.toThrow(
      'Member pg2 has not published how to reach its PostgreSQL',
    );
  });
});
