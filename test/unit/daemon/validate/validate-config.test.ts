import { describe, expect, it } from 'vitest';
import { validateConfig } from '../../../../src/daemon/validate/validate-config.ts';
import type { ValidationWorld } from '../../../../src/daemon/validate/world.ts';
import type { Json } from '../../../../src/model/json.ts';

// What Patroni says of many files is compared in test/contract/validate-golden.test.ts.

type JsonMap = Readonly<Record<string, Json>>;

/** etcd answers, nothing else does; there are no files, and all programs are in /bin. */
const WORLD: ValidationWorld = {
  answers: async (_, port) => port === 2379,
  hasProgram: (_, directory) => directory === '/bin' || directory === undefined,
  kindOf: (path) => (path === '/bin' ? 'directory' : 'missing'),
  list: () => [],
  readText: () => '',
  majorVersion: async () => '15',
};

const USER = { username: 'u', password: 'p' };
const FINE: JsonMap = {
  ...{ scope: 'demo', name: 'pg1', etcd3: { hosts: ['10.0.0.9:2379'] } },
  restapi: { listen: '127.0.0.1:8008', connect_address: '10.0.0.1:8008' },
  postgresql: {
    ...{ listen: '10.0.0.1:5432', connect_address: '10.0.0.1:5432', data_dir: '/data' },
    authentication: { replication: USER, superuser: USER },
  },
};

async function run(
  config: JsonMap,
  more: { print?: boolean; world?: Partial<ValidationWorld> } = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await validateConfig({
    local: { config, sources: ['p.yml'], exposed: [], warnings: [] },
    ...{ ignoreListenPort: false, print: more.print ?? false },
    io: { out: (text) => out.push(text), err: (text) => err.push(text) },
    world: { ...WORLD, ...more.world },
  });
  return { code, out, err };
}

describe('validateConfig', () => {
  it('says nothing of a file that is fine', async () => {
    expect(await run(FINE)).toEqual({ code: 0, out: [], err: [] });
  });

  it('prints it, when it is asked to', async () => {
    const { code, out } = await run({ scope: 'demo', ...FINE }, { print: true });
    expect([code, out[0]?.split('\n').slice(0, 5)]).toEqual([
      0,
      ['etcd3:', '  hosts:', '  - 10.0.0.9:2379', 'name: pg1', 'postgresql:'],
    ]);
    expect(out[0]).toContain("  bin_dir: ''\n");
  });

  it('names every mistake, and prints nothing then', async () => {
    const { scope: _, ...config } = FINE;
    const world = { answers: async () => true, hasProgram: () => false };
    expect(await run(config, { print: true, world })).toEqual({
      code: 1,
      out: [],
      err: [
        'scope  is not defined.',
        "restapi.listen 127.0.0.1:8008 didn't pass validation: Port 8008 is already in use.",
        "postgresql.listen 10.0.0.1:5432 didn't pass validation: Port 5432 is already in use.",
        ...['pg_ctl', 'initdb', 'pg_controldata', 'pg_basebackup', 'postgres', 'pg_isready'].map(
          (name) => `postgresql.bin_dir  does not contain '${name}' in '$PATH'`,
        ),
      ],
    });
  });

  it('refuses what pgherd would not start with, and warns of what has no effect', async () => {
    expect(await run({ ...FINE, pgherd: { fense: 'off' } })).toEqual({
      code: 1,
      out: [],
      err: ['pgherd.fense in the configuration is unknown: there are fence and state_dir'],
    });
    expect(await run({ ...FINE, ttl: 20 })).toMatchObject({
      code: 0,
      err: [expect.stringMatching(/^Warning: ttl has no effect here/)],
    });
  });

  it('cannot be made to print control characters', async () => {
    const { err } = await run({ ...FINE, thread_pool_size: '\u001b[2J' });
    expect(err).toEqual(['thread_pool_size \\x1b[2J is not an integer']);
  });
});
