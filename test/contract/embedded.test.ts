import { execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningStore, startEmbedded } from '../harness/embedded.ts';
import { startEtcd } from '../harness/etcd.ts';
import { waitFor } from '../harness/processes.ts';

let embedded: RunningStore;
beforeAll(async () => {
  embedded = await startEmbedded();
});
afterAll(() => embedded?.stop());

const b64 = (text: string): string => Buffer.from(text).toString('base64');

async function post(url: string, path: string, body: string | object) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await fetch(url + path, { method: 'POST', body: text });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

describe('the gateway answers what etcd answers', () => {
  const key = b64('/t/a');
  const all = { key: b64('/t/'), range_end: b64('/t0') };
  const put = (value: string, more = {}) => ({ key, value: b64(value), ...more });
  const putB = { request_put: { key: b64('/t/b'), value: b64('2') } };
  const compare = (more: object) => ({ compare: [{ key, ...more }], success: [putB] });

  /** One after the other, on both. */
  const REQUESTS: readonly (readonly [path: string, body: object])[] = [
    ['/v3/kv/range', all],
    ['/v3/kv/put', put('1')],
    ['/v3/kv/put', put('2', { prev_kv: true })],
    ['/v3/kv/put', { key: '', value: '' }],
    ['/v3/kv/put', put('3', { lease: '99' })],
    ['/v3/kv/put', put('3', { ignore_value: true })],
    ['/v3/kv/put', { key: b64('/t/none'), ignore_lease: true }],
    ['/v3/kv/range', { key }],
    ['/v3/kv/range', { key, revision: '2' }],
    ['/v3/kv/range', { key, revision: '999999' }],
    ['/v3/kv/range', { key: '' }],
    ['/v3/lease/grant', { ID: '7', TTL: '60' }],
    ['/v3/lease/grant', { ID: '7', TTL: '60' }],
    ['/v3/lease/grant', { ID: '8', TTL: '9000000001' }],
    ['/v3/lease/keepalive', { ID: '7' }],
    ['/v3/lease/keepalive', { ID: '8' }],
    ['/v3/lease/revoke', { ID: '8' }],
    ['/v3/kv/put', put('3', { lease: '7' })],
    ['/v3/kv/txn', compare({ target: 'LEASE', lease: '7' })],
    ['/v3/kv/txn', compare({ target: 'LEASE', lease: '8' })],
    ['/v3/kv/txn', compare({ target: 'CREATE', create_revision: '0' })],
    ['/v3/kv/txn', compare({ target: 'MOD', mod_revision: '4' })],
    ['/v3/kv/txn', compare({ target: 'VALUE', value: b64('3') })],
    ['/v3/kv/txn', { success: [putB, putB] }],
    ['/v3/kv/txn', { success: [putB, { request_delete_range: all }] }],
    ['/v3/kv/txn', { success: [{ request_put: put('4', { lease: '99' }) }] }],
    ['/v3/kv/txn', { success: [{ request_range: all }, putB, { request_range: all }] }],
    [
      '/v3/kv/txn',
      {
        compare: [{ key, target: 'VALUE', value: b64('x') }],
        failure: [{ request_txn: compare({ target: 'VERSION', version: '3' }) }],
      },
    ],
    ['/v3/kv/range', { ...all, limit: '1' }],
    ['/v3/kv/range', { ...all, count_only: true }],
    ['/v3/kv/range', { ...all, keys_only: true, sort_order: 'DESCEND' }],
    ['/v3/kv/range', { ...all, sort_target: 'MOD', sort_order: 'DESCEND' }],
    ['/v3/kv/range', { key: b64('/t/'), range_end: 'AA==' }],
    ['/v3/lease/timetolive', { ID: '8' }],
    ['/v3/lease/leases', {}],
    ['/v3/kv/compaction', { revision: '4' }],
    ['/v3/kv/compaction', { revision: '4' }],
    ['/v3/kv/range', { key, revision: '3' }],
    ['/v3/lease/revoke', { ID: '7' }],
    ['/v3/kv/deleterange', { ...all, prev_kv: true }],
    ['/v3/kv/deleterange', all],
    ['/v3/auth/authenticate', { name: 'a', password: 'b' }],
  ];

  /** Without what differs from server to server. */
  function comparable({ status, body }: Awaited<ReturnType<typeof post>>) {
    const { code, message, ...rest } = body;
    if (status !== 200) return { code, message };
    const text = JSON.stringify(rest, (name, value) =>
      /^(cluster_id|member_id|raft_term)$/.test(name) ? undefined : value,
    );
    return JSON.parse(text);
  }

  test.each(['3.4', '3.5'] as const)('as etcd %s, request by request', async (version) => {
    const ours = await startEmbedded();
    const etcd = await startEtcd({ version });
    try {
      for (const [path, body] of REQUESTS) {
        const [mine, theirs] = [
          await post(ours.clientUrl, path, body),
          await post(etcd.clientUrl, path, body),
        ];
        const what = `${path} ${JSON.stringify(body)}`;
        expect({ what, ...comparable(mine) }).toEqual({ what, ...comparable(theirs) });
      }
    } finally {
      await ours.stop();
      await etcd.stop();
    }
  });
});

describe('the gateway', () => {
  test.each([
    ['no JSON', '{"key":'],
    ['another kind of message', '[]'],
    ['a word where a number should be', '{"key":"YQ==","limit":"many"}'],
    ['a number where a message should be', '{"compare":[7]}'],
    ['an unknown word', '{"key":"YQ==","sort_order":"SIDEWAYS"}'],
  ])('refuses %s, and goes on', async (_, body) => {
    const path = body.includes('compare') ? '/v3/kv/txn' : '/v3/kv/range';
    const reply = await post(embedded.clientUrl, path, body);
    expect(reply).toMatchObject({ status: 400, body: { code: 3 } });
    expect((await post(embedded.clientUrl, '/v3/kv/range', { key: 'YQ==' })).status).toBe(200);
  });

  test('says in its version and its list of servers what it is', async () => {
    const version = (await (await fetch(`${embedded.clientUrl}/version`)).json()) as object;
    expect(version).toMatchObject({ etcdserver: '3.5.0', pgherd: 'for trying out' });
    const { body } = await post(embedded.clientUrl, '/v3/cluster/member/list', {});
    const member = { name: 'pgherd-for-trying-out-only', clientURLs: [embedded.clientUrl] };
    expect(body).toMatchObject({ members: [member] });
  });

  test.each(['/v3/kv/nothing', '/', '/v2/keys'])('has no %s', async (path) => {
    expect((await fetch(embedded.clientUrl + path)).status).toBe(404);
  });

  test('a watch on a connection that breaks is forgotten, and others go on', async () => {
    const abort = new AbortController();
    const create = { create_request: { key: b64('/w/a') } };
    const reply = await fetch(`${embedded.clientUrl}/v3/watch`, {
      method: 'POST',
      body: JSON.stringify(create),
      signal: abort.signal,
    });
    expect(reply.status).toBe(200);
    abort.abort();
    const put = { key: b64('/w/a'), value: '' };
    expect((await post(embedded.clientUrl, '/v3/kv/put', put)).status).toBe(200);
  });
});

describe('a connection', () => {
  test.each([
    ['says nothing', ''],
    ['says too little', 'PR'],
    ['speaks another language', '\x16\x03\x01\x00\xa5'],
    ['breaks off in HTTP/2', 'PRI * HTTP/2.0\r\n'],
  ])('that %s does no harm', async (_, bytes) => {
    const socket = connect(Number(new URL(embedded.clientUrl).port), '127.0.0.1');
    // The store may close it: that is its right.
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.end(bytes);
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect((await post(embedded.clientUrl, '/v3/kv/range', { key: 'YQ==' })).status).toBe(200);
  });
});

describe("etcd's own client", () => {
  const run = promisify(execFile);
  const env = { ...process.env, ETCDCTL_API: '3' };
  const endpoint = (): string[] => ['--endpoints', embedded.hosts[0] ?? ''];
  const etcdctl = async (...args: string[]): Promise<string> =>
    (await run('etcdctl', [...endpoint(), ...args], { env, timeout: 30_000 })).stdout;

  test('puts, gets and deletes', async () => {
    expect(await etcdctl('put', '/e/a', 'one')).toBe('OK\n');
    await etcdctl('put', '/e/b', 'two');
    expect(await etcdctl('get', '/e/', '--prefix')).toBe('/e/a\none\n/e/b\ntwo\n');
    expect(await etcdctl('get', '/e/a', '/e/z', '--order', 'DESCEND', '--keys-only')).toBe(
      '/e/b\n\n/e/a\n\n',
    );
    expect(await etcdctl('del', '/e/', '--prefix')).toBe('2\n');
    expect(await etcdctl('get', '/e/', '--prefix')).toBe('');
  });

  test('watches, from an earlier revision on', async () => {
    await etcdctl('put', '/w/a', 'before');
    const { header } = JSON.parse(await etcdctl('get', '/w/a', '-w', 'json'));
    const from = ['--prefix', '--rev', String(header.revision)];
    const child = spawn('etcdctl', [...endpoint(), 'watch', '/w/', ...from], { env });
    const ended = new Promise((resolve) => child.once('close', resolve));
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    try {
      await waitFor('what was before', async () => told.includes('before'));
      await etcdctl('put', '/w/b', 'after');
      await etcdctl('del', '/w/a');
      await waitFor('a removal', async () => told.includes('DELETE'));
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    expect(told).toBe('PUT\n/w/a\nbefore\nPUT\n/w/b\nafter\nDELETE\n/w/a\n\n');
  });

  test('a lease ends when nobody keeps it alive, and takes its keys with it', async () => {
    const granted = await etcdctl('lease', 'grant', '1');
    const id = /^lease (\w+) granted with TTL\(1s\)/.exec(granted)?.[1] ?? '';
    await etcdctl('put', '/l/short', 'x', '--lease', id).catch(() => '');
    await waitFor('the end', async () => (await etcdctl('lease', 'list')).includes('found 0'));
    expect(await etcdctl('get', '/l/short')).toBe('');
    const long = /^lease (\w+) /.exec(await etcdctl('lease', 'grant', '600'))?.[1] ?? '';
    await etcdctl('put', '/l/long', 'x', '--lease', long);
    expect(await etcdctl('lease', 'timetolive', long, '--keys')).toMatch(/\(600s\).*\/l\/long/);
    expect(await etcdctl('lease', 'keep-alive', long, '--once')).toContain('TTL(600)');
    await etcdctl('lease', 'revoke', long);
    expect(await etcdctl('get', '/l/long')).toBe('');
  });

  test('finds one healthy server', async () => {
    expect(await etcdctl('member', 'list')).toContain('pgherd-for-trying-out-only');
    expect(await etcdctl('endpoint', 'status')).toContain('3.5.0');
    await etcdctl('endpoint', 'health');
  });

  test('is refused what is not there', async () => {
    await expect(etcdctl('user', 'list')).rejects.toThrow(/unimplemented|unknown method/i);
    await expect(etcdctl('get', '')).rejects.toThrow(/key is not provided/);
  });
});
