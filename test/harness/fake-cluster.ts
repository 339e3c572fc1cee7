import { demoDocuments, memberDocument } from '../unit/ctl/documents.ts';
import { putDocuments } from './documents.ts';
import {
  type FakeMember,
  leaderBody,
  type Said,
  startFakeMember,
  statusBody,
} from './fake-rest.ts';

/** What the members of a fake cluster answer, by name, then by `METHOD path`. */
export type Answers = Readonly<Record<string, Readonly<Record<string, Said | (() => Said)>>>>;

/** A cluster that exists as documents in a real etcd and as REST APIs, without any PostgreSQL. */
export interface FakeCluster {
  readonly scope: string;
  readonly members: Readonly<Record<'pg1' | 'pg2' | 'pg3', FakeMember>>;
  stop(): Promise<void>;
}

export interface FakeClusterOptions {
  readonly answers?: Answers;
  /** Documents that replace those of a healthy cluster, or take them away. */
  readonly documents?: Readonly<Record<string, string | undefined>>;
  /** Added to the documents of the members. */
  readonly memberData?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Puts a cluster into etcd: `pg1` leads, `pg2` and `pg3` stream from it. Asked how they are, they
 * say so, unless `answers` has something else; to everything else they answer 501.
 */
export async function startFakeCluster(
  etcdUrl: string,
  scope: string,
  options: FakeClusterOptions = {},
): Promise<FakeCluster> {
  const member = (name: string, status: string): Promise<FakeMember> =>
    startFakeMember(({ method, path }) => {
      const said = options.answers?.[name]?.[`${method} ${path}`];
      if (said) return typeof said === 'function' ? said() : said;
      if (method === 'GET') return { status: 200, body: status };
      return { status: 501, body: `no answer was prepared for ${method} /${path}` };
    });
  const own = (name: string) => ({ patroni: { version: '4.1.5', scope, name } });
  const members = {
    pg1: await member('pg1', leaderBody(own('pg1'))),
    pg2: await member('pg2', statusBody(own('pg2'))),
    pg3: await member('pg3', statusBody(own('pg3'))),
  };
  const standby = {
    role: 'replica',
    replication_state: 'streaming',
    timeline: 2,
    receive_lsn: 83886592,
    replay_lsn: 83886592,
  };
  const document = (name: 'pg1' | 'pg2' | 'pg3', data: Record<string, unknown>): string =>
    memberDocument(name, {
      ...data,
      api_url: members[name].apiUrl,
      ...options.memberData?.[name],
    });
  const documents = demoDocuments({
    'members/pg1': document('pg1', { role: 'primary', timeline: 2 }),
    'members/pg2': document('pg2', standby),
    'members/pg3': document('pg3', standby),
    ...options.documents,
  });
  await putDocuments(etcdUrl, scope, documents);
  return {
    scope,
    members,
    async stop() {
      await Promise.all(Object.values(members).map((one) => one.stop()));
    },
  };
}
