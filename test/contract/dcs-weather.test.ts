import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DcsError } from '../../src/model/errors.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FlakyProxy, type Mood, startFlakyProxy } from '../harness/flaky-proxy.ts';
import { freePorts } from '../harness/ports.ts';
import { failureOf, type OpenedStore, open, timed } from './dcs-store.ts';

/** Far more than a call needs on a slow machine, and far less than the time that it is given. */
const SOON_MS = 10_000;
const PATIENT_MS = 30_000;

describe.each([
  { version: '3.4', gateway: true },
  { version: '3.5', gateway: true },
  { version: '3.5', gateway: false },
] as const)('bad weather, etcd $version, gateway $gateway', (options) => {
  let etcd: RunningEtcd;
  const cleanups: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    etcd = await startEtcd(options);
    const store = await openFor(etcd.hosts);
    await store.cluster('demo').write('leader', 'pg1', 'any');
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(() => etcd?.stop());

  async function openFor(hosts: readonly string[], callTimeoutMs = 3000): Promise<OpenedStore> {
    const store = await open(hosts, { callTimeoutMs });
    cleanups.push(() => store.close());
    return store;
  }

  async function proxy(mood: Mood): Promise<FlakyProxy> {
    const started = await startFlakyProxy(etcd.hosts[0] ?? '', mood);
    cleanups.push(() => started.stop());
    return started;
  }

  async function leader(store: OpenedStore): Promise<string | undefined> {
    return (await store.cluster('demo').read())[0]?.value;
  }

  test('a dead endpoint costs nothing but one warning', async () => {
    const [dead] = await freePorts(1);
    const store = await openFor([`127.0.0.1:${dead}`, ...etcd.hosts], PATIENT_MS);
    const { result, ms } = await timed(() => leader(store));
    expect(result).toBe('pg1');
    expect(ms).toBeLessThan(SOON_MS);
    await leader(store);
    expect(store.warnings).toEqual([
      `etcd endpoint http://127.0.0.1:${dead} does not answer: connection refused`,
    ]);
  });

  test('an endpoint that accepts and hangs is not waited for, left, and a warning', async () => {
    const hanging = await proxy('hang');
    const store = await openFor([hanging.host, ...etcd.hosts], PATIENT_MS);
    const { result, ms } = await timed(() => leader(store));
    expect(result).toBe('pg1');
    expect(ms).toBeLessThan(SOON_MS);
    expect(store.warnings).toHaveLength(1);
    expect(store.warnings[0]).toContain(hanging.host);
    const { accepted } = hanging;
    expect(await leader(store)).toBe('pg1');
    expect(hanging.accepted).toBe(accepted);
  });

  test('a store that accepts and hangs ends by the deadline, and is named', async () => {
    const hanging = await proxy('hang');
    const store = await openFor([hanging.host], 1000);
    const { result, ms } = await timed(() => failureOf(leader(store)));
    expect(result).toBeInstanceOf(DcsError);
    expect(result.message).toContain(`http://${hanging.host}: it did not answer in time`);
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(SOON_MS);
  });

  test('a port that nobody listens on is one sentence, at once', async () => {
    const [dead] = await freePorts(1);
    const store = await openFor([`127.0.0.1:${dead}`], PATIENT_MS);
    const { result, ms } = await timed(() => failureOf(leader(store)));
    expect(result).toBeInstanceOf(DcsError);
    expect(result.message).toBe(
      `etcd does not answer: http://127.0.0.1:${dead}: connection refused`,
    );
    expect(ms).toBeLessThan(SOON_MS);
  });

  test('Ctrl-C ends a read of a store that hangs', async () => {
    const hanging = await proxy('hang');
    const store = await openFor([hanging.host], PATIENT_MS);
    const abort = new AbortController();
    const reading = failureOf(store.cluster('demo').read(abort.signal));
    setTimeout(() => abort.abort(new Error('interrupted')), 200);
    const { result, ms } = await timed(() => reading);
    expect(result.message).toBe('interrupted');
    expect(ms).toBeLessThan(SOON_MS);
  });

  test('a connection that the server closed meanwhile is opened anew without a word', async () => {
    const flaky = await proxy('pass');
    const store = await openFor([flaky.host]);
    expect(await leader(store)).toBe('pg1');
    const before = flaky.accepted;
    flaky.mood = 'reset-kept';
    expect(await leader(store)).toBe('pg1');
    expect(flaky.accepted).toBe(before + 1);
    expect(store.warnings).toEqual([]);
  });

  test('a guarded write whose answer got lost is found to be done', async () => {
    const flaky = await proxy('pass');
    const store = await openFor([flaky.host, ...etcd.hosts], 1500);
    const cluster = store.cluster('lost');
    await cluster.removeAll();
    await cluster.read();
    flaky.mood = 'lose-answers';
    expect(await cluster.write('failover', 'x', 'absent')).toBe('done');
    expect(await cluster.read()).toMatchObject([{ name: 'failover', value: 'x' }]);
  });

  test('a guarded write that never arrived is done on another endpoint', async () => {
    const flaky = await proxy('pass');
    const store = await openFor([flaky.host, ...etcd.hosts], 1500);
    const cluster = store.cluster('unsent');
    await cluster.removeAll();
    await cluster.read();
    flaky.mood = 'hang';
    expect(await cluster.write('failover', 'y', 'absent')).toBe('done');
    expect(await cluster.read()).toMatchObject([{ name: 'failover', value: 'y' }]);
  });

  test('a write of which nobody can tell says that it may have been done', async () => {
    const flaky = await proxy('pass');
    const store = await openFor([flaky.host], 600);
    const cluster = store.cluster('unknown');
    await cluster.read();
    flaky.mood = 'lose-answers';
    for (const attempt of [
      () => cluster.write('failover', 'z', 'absent'),
      () => cluster.write('failover', 'z', 'any'),
      () => cluster.remove('failover', 'any'),
      () => cluster.removeAll(),
    ]) {
      const { result, ms } = await timed(() => failureOf(attempt()));
      expect(result).toBeInstanceOf(DcsError);
      expect(result.message).toMatch(/it may have been written$/);
      expect(ms).toBeLessThan(SOON_MS);
    }
  });

  test('a write that comes first finds its way', async () => {
    const [dead] = await freePorts(1);
    const store = await openFor([`127.0.0.1:${dead}`, ...etcd.hosts]);
    expect(await store.cluster('first').write('failover', 'x', 'any')).toBe('done');
    expect(store.warnings).toHaveLength(1);
  });
});

describe('a cluster of three', () => {
  let etcd: RunningEtcd;

  beforeAll(async () => {
    etcd = await startEtcd({ version: '3.5', members: 3 });
  });
  afterAll(() => etcd?.stop());

  /** The number of the server that leads etcd itself. */
  async function leaderOfEtcd(): Promise<number> {
    for (const [index, url] of etcd.urls.entries()) {
      const reply = await fetch(`${url}/v3/maintenance/status`, { method: 'POST', body: '{}' });
      const status = (await reply.json()) as { leader: string; header: { member_id: string } };
      if (status.leader === status.header.member_id) return index;
    }
    throw new Error('etcd has no leader');
  }

  /** A signal arrives in its own time. */
  async function send(server: number, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    etcd.signal(server, signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  test('serves with its leader frozen; without a majority it is an error in time', async () => {
    const store = await open(etcd.hosts, { callTimeoutMs: PATIENT_MS });
    await store.cluster('demo').write('leader', 'pg1', 'any');
    const first = await leaderOfEtcd();
    const second = (first + 1) % 3;
    await send(first, 'SIGSTOP');
    const without = await timed(() => store.cluster('demo').read());
    expect(without.result).toHaveLength(1);
    expect(without.ms).toBeLessThan(SOON_MS);
    await send(second, 'SIGSTOP');
    const short = await open(etcd.hosts, { callTimeoutMs: 1500 });
    const alone = await timed(() => failureOf(short.cluster('demo').read()));
    expect(alone.result).toBeInstanceOf(DcsError);
    expect(alone.ms).toBeLessThan(SOON_MS);
    await send(first, 'SIGCONT');
    await send(second, 'SIGCONT');
    await Promise.all([store.close(), short.close()]);
  });
});

describe('something else than etcd', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function portOf(server: ReturnType<typeof createServer>): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function failure(host: string): Promise<Error> {
    const store = await open([host], { callTimeoutMs: 2000 });
    const found = await failureOf(store.cluster('demo').read());
    await store.close();
    expect(found).toBeInstanceOf(DcsError);
    return found;
  }

  test('a web server is told apart', async () => {
    const web = createHttpServer((_, response) => response.writeHead(404).end('<h1>Oh no</h1>'));
    expect((await failure(await portOf(web))).message).toMatch(/does not speak etcd's v3 API$/);
  });

  test("a proxy's error page is quoted on one line", async () => {
    const web = createHttpServer((_, response) =>
      response.writeHead(502).end('Bad\u001b[31m\nGateway'),
    );
    expect((await failure(await portOf(web))).message).toMatch(
      /it answers with HTTP status 502 \(Bad\\x1b\[31m\\nGateway\)$/,
    );
  });

  test('a page with status 200 is told apart', async () => {
    const web = createHttpServer((_, response) => response.end('<html>welcome</html>'));
    expect((await failure(await portOf(web))).message).toMatch(/its answer is not JSON$/);
  });

  test('a server that speaks another protocol is told apart', async () => {
    const other = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    expect((await failure(await portOf(other))).message).toMatch(/its answer is not HTTP$/);
  });

  test('an answer without an end is cut off', async () => {
    const web = createHttpServer((_, response) => {
      const block = Buffer.alloc(1024 * 1024, 0x20);
      const more = (): void => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      response.on('error', () => {});
      more();
    });
    const store = await open([await portOf(web)], { callTimeoutMs: 10_000 });
    const found = await failureOf(store.cluster('demo').read());
    await store.close();
    expect(found.message).toMatch(/its answer is larger than 64 MiB$/);
  });
});
