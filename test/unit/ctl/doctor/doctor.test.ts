import { describe, expect, it } from 'vitest';
import { doctor } from '../../../../src/ctl/doctor/doctor.ts';
import type { EndpointSight } from '../../../../src/ctl/doctor/facts.ts';
import type { DoctorWorld } from '../../../../src/ctl/doctor/world.ts';
import type { Result } from '../../../../src/ctl/result.ts';
import { Refusal } from '../../../../src/model/errors.ts';
import { RestError, type RestReply } from '../../../../src/rest/member-api.ts';
import { leaderBody, statusBody } from '../../../harness/fake-rest.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { type FakeOptions, type FakeSession, fakeSession } from '../fake-session.ts';

const options = { cluster: 'demo', group: undefined, strict: false };
/** The time of a fake session. */
const NOW = Date.UTC(2026, 0, 1, 12);
const DATE = 'Thu, 01 Jan 2026 12:00:00 GMT';

/** Etcd answers, and no certificate is asked for. */
const WORLD: DoctorWorld = {
  memberCertificate: () => Promise.reject(new Error('there is no TLS here')),
  endpoint: async (url): Promise<EndpointSight> => ({ name: url.origin }),
};

const HOSTS = ['10.0.0.7:2379', '10.0.0.8:2379', '10.0.0.9:2379'];
const STORE = { kind: 'etcd3', protocol: 'http', useProxies: false, tls: { insecure: false } };
const THREE = { ...STORE, hosts: HOSTS } as const;
const CONFIG = '{"ttl":30,"loop_wait":10,"retry_timeout":10,"failsafe_mode":true}';
const STATUS = '{"optime":83886592,"slots":{"pg1":83886592,"pg2":83886592,"pg3":83886592}}';

/** A session in which there is nothing to find, but for what the members say otherwise. */
function sessionOf(
  more: FakeOptions & { knock?: number; says?: Record<string, Partial<RestReply> | Error> } = {},
): FakeSession {
  const { knock = 401, says = {}, settings, documents, ...rest } = more;
  return fakeSession({
    documents: demoDocuments({ config: CONFIG, status: STATUS, ...documents }),
    settings: { store: THREE as never, ...settings },
    rest: (name, method) => {
      const own = says[name];
      if (own instanceof Error) throw own;
      if (method === 'POST') return { status: knock, body: '' };
      const body = name === 'pg1' ? leaderBody() : statusBody();
      const named = body.replace('"name":"pg"', `"name":"${name}"`);
      return { status: 200, body: named, date: DATE, ...own };
    },
    ...rest,
  });
}

interface Data {
  readonly well: boolean;
  readonly findings: readonly {
    id: string;
    severity: string;
    member: string | null;
    evidence: string;
  }[];
}

async function examine(
  session: FakeSession,
  given: Partial<typeof options> = {},
  world = WORLD,
): Promise<Result<Data>> {
  const result = await doctor(session, { ...options, ...given }, world);
  expectSchema('doctor', result);
  return result as Result<Data>;
}

/** What is found beside the fences, which nobody can see from outside. */
const idsOf = ({ data }: Result<Data>): string[] =>
  data.findings
    .filter(({ id }) => id !== 'fence-not-checked')
    .map(({ id, member }) => (member ? `${id} ${member}` : id));

describe('doctor', () => {
  it('finds nothing that is wrong with a cluster that is well', async () => {
    const session = sessionOf();
    const result = await examine(session);
    expect(result).toMatchObject({ outcome: 'done', data: { well: true } });
    expect(idsOf(result)).toEqual([]);
    expect(session.stdout.join('\n').split('\n')).toEqual([
      'demo: 0 errors, 0 warnings, 1 note',
      '',
      'info: not checked: what stops a primary without its agent on pg1, pg2, pg3 [fence-not-checked]',
      '  seen: it cannot be seen from here: it is in the configuration of each node',
      '  do:   run pgherd doctor -c with the patroni.yml of the node, there',
    ]);
  });

  it('is unhealthy with an error, and goes on without a member that is silent', async () => {
    const silent = new RestError('timeout', 'No answer from member pg3 within 3 s');
    const session = sessionOf({ says: { pg3: silent } });
    const result = await examine(session);
    expect(result).toMatchObject({ outcome: 'unhealthy', data: { well: false } });
    expect(idsOf(result)).toEqual(['unreachable pg3']);
    // Who is silent is not asked again.
    expect(session.calls.filter(({ member }) => member === 'pg3')).toHaveLength(1);
  });

  it('is well with warnings, but not when it is strict', async () => {
    const patroni = { name: 'pg3', scope: 'demo', version: '4.1.5' };
    const says = { pg3: { body: statusBody({ pending_restart: true, patroni }) } };
    const given = { says };
    expect(await examine(sessionOf(given))).toMatchObject({ outcome: 'done' });
    expect(await examine(sessionOf(given), { strict: true })).toMatchObject({
      outcome: 'unhealthy',
      data: { well: false, strict: true },
    });
  });

  it('checks the configuration as edit-config does', async () => {
    const config =
      '{"ttl":30,"loop_wait":20,"retry_timeout":10,"failsafe_mode":true,"loop_wiat":1}';
    const result = await examine(sessionOf({ documents: { config } }));
    expect(result.outcome).toBe('unhealthy');
    expect(idsOf(result)).toEqual(['configuration', 'timing']);
  });

  it('escapes what others say, and paints where that is wanted', async () => {
    const session = sessionOf({
      color: true,
      says: { pg2: { body: statusBody({ patroni: { name: 'pg\u001b[2J', scope: 'demo' } }) } },
    });
    await examine(session);
    const text = session.stdout.join('\n');
    expect(text).toContain('says that it is pg\\x1b[2J');
    expect(text).toContain('\u001b[31merror\u001b[0m: pg2: somebody else answers');
  });
});

describe('the question who may send orders', () => {
  it('is put without a name, and could change nothing', async () => {
    const asked: unknown[] = [];
    const session = sessionOf();
    const inner = await session.rest();
    const rest: typeof inner = {
      ...inner,
      request: (member, method, request) => {
        if (method !== 'GET') asked.push([method, request.path, request.body, request.anonymous]);
        return inner.request(member, method, request);
      },
    };
    await examine({ ...session, rest: async () => rest });
    expect(asked).toEqual(Array(3).fill(['POST', 'switchover', [], true]));
  });

  it.each<[number, string[]]>([
    [401, []],
    [403, []],
    [400, ['open-api pg1', 'open-api pg2', 'open-api pg3']],
    [500, ['open-api-not-checked pg1', 'open-api-not-checked pg2', 'open-api-not-checked pg3']],
  ])('%i', async (knock, expected) => {
    expect(idsOf(await examine(sessionOf({ knock })))).toEqual(expected);
  });

  it('has one answer for members that are alike', async () => {
    const session = sessionOf({ knock: 400 });
    await examine(session);
    const lines = session.stdout.join('\n').split('\n');
    expect(lines.filter((line) => line.includes('[open-api]'))).toEqual([
      'warning: pg1, pg2, pg3: its REST API takes orders without a password [open-api]',
    ]);
    expect(lines[0]).toBe('demo: 0 errors, 3 warnings, 1 note');
  });

  it('a member that wants a certificate of everybody is closed', async () => {
    const session = sessionOf({
      documents: {
        'members/pg2': memberDocument('pg2', {
          ...{ role: 'replica', timeline: 2, replication_state: 'streaming' },
          api_url: 'https://10.0.0.2:8008/patroni',
        }),
      },
      rest: (name, method) => {
        if (method === 'GET') {
          const body = name === 'pg1' ? leaderBody() : statusBody();
          return { status: 200, body: body.replace('"pg"', `"${name}"`), date: DATE };
        }
        if (name !== 'pg2') return { status: 401, body: '' };
        throw new RestError('tls', 'it wants a client certificate');
      },
    });
    const certificate = { subject: 'x', validFromMs: 0, validToMs: NOW + 365 * 24 * 3600 * 1000 };
    const memberCertificate = async () => ({ ok: true, ...certificate }) as const;
    expect(idsOf(await examine(session, {}, { ...WORLD, memberCertificate }))).toEqual([]);
  });
});

describe('what is looked at beside', () => {
  it('the dates of the answers', async () => {
    const late = 'Thu, 01 Jan 2026 12:01:00 GMT';
    const result = await examine(sessionOf({ says: { pg2: { date: late } } }));
    expect(idsOf(result)).toEqual(['clock-difference']);
    // 60 s ahead, less the second that a date leaves open.
    expect(result.data.findings[0]?.evidence).toContain('pg2 is at least 59.0 s ahead of');
  });

  it('every server of etcd, with its certificate', async () => {
    const world: DoctorWorld = {
      ...WORLD,
      endpoint: async ({ origin, hostname }) =>
        hostname === '10.0.0.9' ? { name: origin, failure: 'no connection' } : { name: origin },
    };
    expect(idsOf(await examine(sessionOf(), {}, world))).toEqual(['store-unreachable']);
  });

  it('the file of a node, when it is one of a member of this cluster', async () => {
    const pgherd = { fence: false };
    const settings = { store: THREE as never, raw: { name: 'pg1', pgherd }, exposed: ['/p.yml'] };
    expect(idsOf(await examine(sessionOf({ settings })))).toEqual(['no-fence pg1', 'exposed-file']);
    const other = { ...settings, raw: { name: 'pg9', pgherd } };
    expect(idsOf(await examine(sessionOf({ settings: other })))).toEqual(['exposed-file']);
  });

  it('says that no store is named that could be looked at', async () => {
    const settings = { store: { kind: 'none' } as const };
    expect(idsOf(await examine(sessionOf({ settings })))).toContain('store-not-checked');
  });

  it('a mistake in our own configuration is no finding', async () => {
    const refusal = new Refusal('tls-file-unreadable', 'Cannot read /ca.pem');
    await expect(examine(sessionOf({ says: { pg1: refusal } }))).rejects.toThrow('/ca.pem');
  });
});
