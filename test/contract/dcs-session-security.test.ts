import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentDcs } from '../../src/dcs/agent-dcs.ts';
import { DcsError, Refusal } from '../../src/model/errors.ts';
import { type Certificates, makeCertificates } from '../harness/certificates.ts';
import { giveToServerUser, waitFor } from '../harness/processes.ts';
import { agentOn, follow, startFor } from './dcs-session/opened.ts';
import { failureOf } from './dcs-store.ts';

const take = (dcs: AgentDcs) => dcs.acquire({ ttl: 30, sync: 'absent' });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const CONFIG = {
  name: 'config',
  value: '{}',
  guard: 'any',
  asLeader: true,
  withSession: false,
} as const;

describe.concurrent.each([
  { version: '3.4', gateway: true },
  { version: '3.4', gateway: false },
  { version: '3.5', gateway: true },
  { version: '3.5', gateway: false },
] as const)('a user, etcd $version, gateway $gateway', (options) => {
  const password = 'se cret"ü';
  const auth = { password, prefix: '/service/', tokenTtl: 1 };

  /** A leader's calls, with what they come to. */
  const CALLS: readonly [(dcs: AgentDcs) => Promise<unknown>, unknown][] = [
    [(dcs) => dcs.read(), expect.objectContaining({ ownsLock: true })],
    [(dcs) => take(dcs), 'lost'],
    [(dcs) => dcs.renew({ ttl: 30, status: '{}' }), 'held'],
    [(dcs) => dcs.renew({ ttl: 40 }), 'held'],
    [(dcs) => dcs.publish('{}', 30), undefined],
    [(dcs) => dcs.write(CONFIG), 'done'],
    [(dcs) => dcs.release('{"optime":1}'), undefined],
  ];

  test('whose token has run out gets another one, for every kind of request', async (t) => {
    const etcd = await startFor(t, { ...options, auth });
    const user = { username: 'pgherd', password };
    const leaders = await Promise.all(
      CALLS.map((_, index) => agentOn(t, etcd.hosts, { ...user, scope: `c${index}` })),
    );
    for (const dcs of leaders) await take(dcs);
    // Tokens are looked after once a second.
    await pause(2500);
    for (const [index, [call, end]] of CALLS.entries()) {
      const [dcs] = leaders.slice(index);
      if (dcs) expect(await call(dcs)).toEqual(end);
    }
  });

  test('whose token has run out goes on to watch', async (t) => {
    const etcd = await startFor(t, { ...options, auth });
    const user = { username: 'pgherd', password };
    const dcs = await agentOn(t, etcd.hosts, user);
    const other = await agentOn(t, etcd.hosts, { ...user, name: 'pg2' });
    await dcs.read();
    await pause(2500);
    const state = follow(t, dcs);
    await pause(2500);
    await take(other);
    await waitFor('news', async () => state.news > 0);
    expect(state.errors).toBe(0);
    await waitFor('the sight of the lock', async () => {
      const { documents } = await dcs.read();
      return documents.some(({ value }) => value === 'pg2');
    });
  });

  test('who may not use these keys, or has no password, is told so', async (t) => {
    const etcd = await startFor(t, { ...options, auth: { password, prefix: '/elsewhere/' } });
    const users = [{ username: 'pgherd', password }, { username: 'pgherd', password: 'x' }, {}];
    for (const user of users) {
      const dcs = await agentOn(t, etcd.hosts, user);
      const calls: readonly (() => Promise<unknown>)[] = [
        () => dcs.read(),
        () => take(dcs),
        () => dcs.publish('{}', 30),
        () => dcs.write({ ...CONFIG, asLeader: false }),
        () => dcs.watch(new AbortController().signal),
      ];
      for (const call of calls) {
        const error = await failureOf(call());
        expect(error).toBeInstanceOf(DcsError);
        expect(error.message).toMatch(/user/);
        expect(error.message).not.toContain(password);
      }
    }
  });
});

describe('certificates', () => {
  let directory: string;
  let files: Certificates;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'pgherd-agent-tls-'));
    files = makeCertificates(directory);
    giveToServerUser(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.for([{ gateway: true }, { gateway: false }])(
    'are read again on a reload, and the session goes on: $gateway',
    async ({ gateway }, t) => {
      const { cert, key, ca, otherCa } = files;
      const etcd = await startFor(t, {
        version: '3.5',
        gateway,
        tls: { cert, key, clientCa: ca },
      });
      const cacert = join(directory, `mine-${gateway}.crt`);
      copyFileSync(ca, cacert);
      const tls = { cacert, cert, key, insecure: false };
      const dcs = await agentOn(t, etcd.hosts, { protocol: 'https', tls });
      await dcs.read();
      const state = follow(t, dcs);
      expect(await take(dcs)).toBe('held');
      await waitFor('news', async () => state.news > 0);

      writeFileSync(cacert, 'no certificate');
      expect(await failureOf(dcs.reload())).toBeInstanceOf(Refusal);
      expect(await dcs.renew({ ttl: 30 })).toBe('held');

      copyFileSync(otherCa, cacert);
      await dcs.reload();
      expect(await failureOf(dcs.renew({ ttl: 30 }))).toBeInstanceOf(DcsError);

      copyFileSync(ca, cacert);
      await dcs.reload();
      expect(await dcs.renew({ ttl: 30 })).toBe('held');
      expect(await dcs.read()).toMatchObject({ ownsLock: true });
      const { news } = state;
      await waitFor('news of a watch that was begun again', async () => {
        await dcs.write(CONFIG);
        return state.news > news;
      });
    },
  );
});

test('a name is looked up, and no proxy is used', async (t) => {
  const etcd = await startFor(t, { version: '3.5' });
  const before = process.env.http_proxy;
  process.env.http_proxy = 'http://127.0.0.1:9';
  t.onTestFinished(() => {
    if (before === undefined) delete process.env.http_proxy;
    else process.env.http_proxy = before;
  });
  const host = (etcd.hosts[0] ?? '').replace('127.0.0.1', 'localhost');
  const dcs = await agentOn(t, [host]);
  expect(await take(dcs)).toBe('held');
  expect(await dcs.read()).toMatchObject({ ownsLock: true });
});
