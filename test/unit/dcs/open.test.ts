import { describe, expect, test } from 'vitest';
import { openStore } from '../../../src/dcs/open.ts';
import { addressesFromSrv } from '../../../src/dcs/srv.ts';
import { Refusal } from '../../../src/model/errors.ts';

const options = {
  callTimeoutMs: 1000,
  warn: () => {},
  readFile: async () => Buffer.alloc(0),
};

async function refusal(opening: Promise<unknown>): Promise<Refusal> {
  const error = await opening.catch((reason: unknown) => reason);
  if (error instanceof Refusal) return error;
  throw new Error(`not a Refusal: ${String(error)}`);
}

describe('a store that cannot be opened', () => {
  test('none at all names the files that were read', async () => {
    const store = { kind: 'none' } as const;
    const sources = ['/etc/patroni.yml', 'environment'];
    const named = await refusal(openStore({ store, namespace: '/service', sources }, options));
    expect(named.message).toBe('The configuration does not say where etcd is');
    expect(named.hint).toContain('/etc/patroni.yml, environment');
    const unnamed = await refusal(openStore({ store, namespace: '/service' }, options));
    expect(unnamed.hint).toContain('--config-file');
  });

  test('one of another kind names its section', async () => {
    const store = { kind: 'unsupported', section: 'consul' } as const;
    const found = await refusal(openStore({ store, namespace: '/service' }, options));
    expect(found.message).toBe(
      'The configuration keeps the cluster in consul, and this version can only talk to etcd',
    );
  });

  test.each(['', 'a b:1', 'host:99999', 'user@host:1', 'host:1/path'])(
    'the address "%s" is refused',
    async (host) => {
      const store = {
        kind: 'etcd3',
        hosts: [host],
        protocol: 'http',
        useProxies: false,
        tls: { insecure: false },
      } as const;
      const found = await refusal(openStore({ store, namespace: '/service' }, options));
      expect(found.code).toBe('bad-endpoint');
    },
  );
});

describe('SRV records', () => {
  const records: Record<string, { name: string; port: number }[]> = {
    '_etcd-client._tcp.plain.example': [
      { name: 'a.example', port: 2379 },
      { name: 'b.example', port: 2380 },
    ],
    '_etcd-client._tcp.both.example': [{ name: 'a.example', port: 1 }],
    '_etcd-client-ssl._tcp.both.example': [{ name: 'c.example', port: 2379 }],
    '_etcd-client-db1._tcp.plain.example': [{ name: 'd.example', port: 2379 }],
  };
  const resolve = {
    async resolveSrv(name: string) {
      const found = records[name];
      if (!found) throw new Error(`queryA ENOTFOUND ${name}`);
      return found;
    },
    cancel() {},
  };

  test('name the servers', async () => {
    expect(await addressesFromSrv({ srv: 'plain.example' }, 1000, resolve)).toEqual([
      { protocol: 'http', host: 'a.example:2379' },
      { protocol: 'http', host: 'b.example:2380' },
    ]);
  });

  test('for TLS come first', async () => {
    expect(await addressesFromSrv({ srv: 'both.example' }, 1000, resolve)).toEqual([
      { protocol: 'https', host: 'c.example:2379' },
    ]);
  });

  test('are looked up with the suffix', async () => {
    const wanted = { srv: 'plain.example', srvSuffix: 'db1' };
    expect(await addressesFromSrv(wanted, 1000, resolve)).toEqual([
      { protocol: 'http', host: 'd.example:2379' },
    ]);
  });

  test('that are not there are no servers', async () => {
    expect(await addressesFromSrv({ srv: 'none.example' }, 1000, resolve)).toEqual([]);
  });

  test('are not waited for when the DNS is silent, and the questions are taken back', async () => {
    let open = 0;
    const silent = {
      resolveSrv: () => {
        open++;
        return new Promise<never>(() => {});
      },
      cancel() {
        open = 0;
      },
    };
    expect(await addressesFromSrv({ srv: 'plain.example' }, 20, silent)).toEqual([]);
    expect(open).toBe(0);
  });
});
