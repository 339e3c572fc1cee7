import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningStore, startEmbedded } from '../harness/embedded.ts';
import { type EtcdOptions, startEtcd } from '../harness/etcd.ts';
import { processorMs } from '../harness/processor.ts';
import { type OpenedStore, open } from './dcs-store.ts';

interface Way {
  readonly name: string;
  readonly kind: 'etcd3' | 'etcd';
  /** A real etcd. */
  readonly etcd?: EtcdOptions;
  /** Or the embedded store. */
  readonly embedded?: { readonly gateway: boolean };
}

/** The same assertions for every way to a real etcd, and to the store that comes with pgherd. */
const WAYS: readonly Way[] = [
  { name: 'embedded, gateway', embedded: { gateway: true }, kind: 'etcd3' },
  { name: 'embedded, gRPC', embedded: { gateway: false }, kind: 'etcd3' },
  { name: 'etcd 3.4, gateway', etcd: { version: '3.4' }, kind: 'etcd3' },
  { name: 'etcd 3.4, gRPC', etcd: { version: '3.4', gateway: false }, kind: 'etcd3' },
  { name: 'etcd 3.4, v2 API', etcd: { version: '3.4', v2: true }, kind: 'etcd' },
  { name: 'etcd 3.4, no v2 API', etcd: { version: '3.4' }, kind: 'etcd' },
  { name: 'etcd 3.5, gateway', etcd: { version: '3.5' }, kind: 'etcd3' },
  { name: 'etcd 3.5, gRPC', etcd: { version: '3.5', gateway: false }, kind: 'etcd3' },
  { name: 'etcd 3.5, v2 API', etcd: { version: '3.5', v2: true }, kind: 'etcd' },
  { name: 'etcd 3.5, no v2 API', etcd: { version: '3.5' }, kind: 'etcd' },
];

function start({ etcd, embedded }: Way): Promise<RunningStore> {
  return etcd ? startEtcd(etcd) : startEmbedded(embedded);
}

describe.each(WAYS)('$name', (way) => {
  const { kind, etcd: options } = way;
  let etcd: RunningStore;
  let store: OpenedStore;

  beforeAll(async () => {
    etcd = await start(way);
    store = await open(etcd.hosts, { kind });
  });
  afterAll(async () => {
    await store?.close();
    await etcd?.stop();
  });

  const read = async (scope: string, group?: number) =>
    (await store.cluster(scope, group).read()).map(({ version: _, ...document }) => document);
  const versionOf = async (scope: string, name: string) =>
    (await store.cluster(scope).read()).find((one) => one.name === name)?.version ?? 'none';

  test('says so once when the v2 API is not there any more, and only then', () => {
    const expected = kind === 'etcd' && !options?.v2 ? [expect.stringMatching(/no v2 API/)] : [];
    expect(store.warnings).toEqual(expected);
  });

  test('a cluster that is not there has no documents', async () => {
    expect(await read('nothing')).toEqual([]);
  });

  test('gives back what was written, in the order of the keys', async () => {
    const cluster = store.cluster('order');
    const unusual = 'quotes " and \\ , + % & = # ü 日本 \u{1f418} \u0000 \n end';
    expect(await cluster.write('status', '{"optime":1}', 'any')).toBe('done');
    expect(await cluster.write('members/pg 1+%2F é', unusual, 'any')).toBe('done');
    expect(await cluster.write('config', '', 'any')).toBe('done');
    expect(await cluster.write('optime/leader', '7', 'any')).toBe('done');
    expect(await read('order')).toEqual([
      { name: 'config', value: '' },
      { name: 'members/pg 1+%2F é', value: unusual },
      { name: 'optime/leader', value: '7' },
      { name: 'status', value: '{"optime":1}' },
    ]);
  });

  test('a version changes with each write, and only with a write', async () => {
    const cluster = store.cluster('versions');
    await cluster.write('config', 'a', 'any');
    const first = await versionOf('versions', 'config');
    await cluster.write('status', 'x', 'any');
    expect(await versionOf('versions', 'config')).toBe(first);
    await cluster.write('config', 'a', 'any');
    expect(await versionOf('versions', 'config')).not.toBe(first);
  });

  test('a write guarded by a version is done once', async () => {
    const cluster = store.cluster('guarded');
    await cluster.write('config', 'one', 'any');
    const version = await versionOf('guarded', 'config');
    expect(await cluster.write('config', 'two', { version })).toBe('done');
    expect(await cluster.write('config', 'three', { version })).toBe('conflict');
    expect(await cluster.write('failover', 'x', { version })).toBe('conflict');
    expect(await read('guarded')).toEqual([{ name: 'config', value: 'two' }]);
  });

  test('a write guarded by absence is done once', async () => {
    const cluster = store.cluster('absent');
    expect(await cluster.write('failover', 'one', 'absent')).toBe('done');
    expect(await cluster.write('failover', 'two', 'absent')).toBe('conflict');
    expect(await read('absent')).toEqual([{ name: 'failover', value: 'one' }]);
  });

  test('removes with every guard', async () => {
    const cluster = store.cluster('removal');
    await cluster.write('failover', 'a', 'any');
    const version = await versionOf('removal', 'failover');
    expect(await cluster.remove('failover', { version: '1' })).toBe('conflict');
    expect(await cluster.remove('failover', 'absent')).toBe('conflict');
    expect(await cluster.remove('failover', { version })).toBe('done');
    expect(await cluster.remove('failover', { version })).toBe('conflict');
    expect(await cluster.remove('failover', 'absent')).toBe('done');
    expect(await cluster.remove('failover', 'any')).toBe('done');
    await cluster.write('failover', 'b', 'any');
    expect(await cluster.remove('failover', 'any')).toBe('done');
    expect(await read('removal')).toEqual([]);
  });

  test('a cluster whose name begins like another one is left alone', async () => {
    await store.cluster('demo').write('leader', 'pg1', 'any');
    await store.cluster('demo').write('members/pg1', '{}', 'any');
    await store.cluster('demo2').write('leader', 'pg9', 'any');
    await store.cluster('dem').write('leader', 'pg8', 'any');
    expect(await read('demo')).toEqual([
      { name: 'leader', value: 'pg1' },
      { name: 'members/pg1', value: '{}' },
    ]);
    expect(await store.cluster('demo').removeAll()).toBe(2);
    expect(await store.cluster('demo').removeAll()).toBe(0);
    expect(await read('demo')).toEqual([]);
    expect(await read('demo2')).toEqual([{ name: 'leader', value: 'pg9' }]);
    expect(await read('dem')).toEqual([{ name: 'leader', value: 'pg8' }]);
  });

  test('a cluster name that would reach beyond the cluster is refused', () => {
    for (const scope of ['', '..', '.', 'a/../b', '/']) {
      expect(() => store.cluster(scope)).toThrow(/cannot be the name of a cluster/);
    }
  });

  test('groups of a cluster are told apart, and read together', async () => {
    await store.cluster('citus', 0).write('leader', 'c1', 'any');
    await store.cluster('citus', 1).write('leader', 'w1', 'any');
    await store.cluster('citus', 10).write('leader', 'w10', 'any');
    expect(await read('citus', 1)).toEqual([{ name: 'leader', value: 'w1' }]);
    expect(await read('citus')).toEqual([
      { group: 0, name: 'leader', value: 'c1' },
      { group: 1, name: 'leader', value: 'w1' },
      { group: 10, name: 'leader', value: 'w10' },
    ]);
    expect(await store.cluster('citus', 1).removeAll()).toBe(1);
    expect((await read('citus')).map(({ group }) => group)).toEqual([0, 10]);
  });

  test('reads every cluster at once', async () => {
    await store.cluster('all-a').write('leader', 'pg1', 'any');
    await store.cluster('all-b', 3).write('leader', 'pg2', 'any');
    const all = await store.readAll();
    expect(all.get('all-a')).toMatchObject([{ name: 'leader', value: 'pg1' }]);
    expect(all.get('all-b')).toMatchObject([{ group: 3, name: 'leader', value: 'pg2' }]);
    expect([...all.keys()].filter((scope) => scope.startsWith('all-'))).toEqual(['all-a', 'all-b']);
    expect(all.has('nothing')).toBe(false);
  });

  test('takes values of 1 MB', async () => {
    const value = 'é'.repeat(500_000);
    await store.cluster('large').write('history', value, 'any');
    expect((await read('large'))[0]?.value).toBe(value);
    await store.cluster('large').removeAll();
  });
});

describe.each(['3.4', '3.5', 'embedded'] as const)('foreign keys in etcd %s', (version) => {
  let gateway: RunningStore;
  let grpc: RunningStore;

  beforeAll(async () => {
    const begin = (way: { gateway: boolean }) =>
      version === 'embedded' ? startEmbedded(way) : startEtcd({ version, ...way });
    [gateway, grpc] = await Promise.all([begin({ gateway: true }), begin({ gateway: false })]);
  });
  afterAll(() => Promise.all([gateway?.stop(), grpc?.stop()]));

  test('bytes that are not UTF-8 do no harm, over the gateway and over gRPC alike', async () => {
    const answers = await Promise.all(
      [gateway, grpc].map(async (etcd) => {
        const client = new Etcd3({ hosts: etcd.clientUrl });
        const put = (key: string | Buffer, value: string | Buffer) =>
          client.kv.put({ key: Buffer.from(key), value: Buffer.from(value) });
        await put(Buffer.from('/service/demo/members/\xff\xfe', 'latin1'), 'not a name');
        await put('/service/demo/members/bad', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
        await put('/service/demo/something/else', 'not one of ours');
        await put('/service/demo/leader', 'pg1');
        await put('/service/demo', 'no document');
        await put('/service/', 'no cluster');
        await put('/service/only-junk/x', 'no document either');
        client.close();
        const store = await open(etcd.hosts);
        const documents = await store.cluster('demo').read();
        const clusters = [...(await store.readAll()).keys()];
        await store.close();
        return { documents: documents.map(({ version: _, ...one }) => one), clusters };
      }),
    );
    expect(answers[0]).toEqual({
      documents: [
        { name: 'leader', value: 'pg1' },
        { name: 'members/bad', value: '{\ufffd\ufffd}' },
      ],
      clusters: ['demo'],
    });
    expect(answers[1]).toEqual(answers[0]);
  });

  test('1,000 clusters of nine documents are read in well under a second', async () => {
    const client = new Etcd3({ hosts: gateway.clientUrl });
    const names = ['config', 'failover', 'history', 'initialize', 'leader', 'status'];
    const documents = [...names, 'members/pg1', 'members/pg2', 'members/pg3'];
    const value = Buffer.from(JSON.stringify({ filler: 'x'.repeat(300) }));
    for (let first = 0; first < 1000; first += 10) {
      const success = Array.from({ length: 10 }, (_, index) =>
        documents.map((name) => ({
          request_put: { key: Buffer.from(`/service/c${first + index}/${name}`), value },
        })),
      ).flat();
      await client.kv.txn({ success });
    }
    client.close();
    const store = await open(gateway.hosts);
    let all: Awaited<ReturnType<typeof store.readAll>> = new Map();
    const ms = await processorMs(async () => {
      all = await store.readAll();
    });
    await store.close();
    expect(all.size).toBe(1001);
    expect(all.get('c999')).toHaveLength(9);
    expect(ms).toBeLessThan(1500);
  });
});
