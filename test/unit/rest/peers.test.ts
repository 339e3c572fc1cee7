import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { RestSettings } from '../../../src/config/settings.ts';
import { Addresses } from '../../../src/rest/addresses.ts';
import { peerLookup, peerUrl } from '../../../src/rest/peer-url.ts';
import { openPeers, type PeersOptions } from '../../../src/rest/peers.ts';
import { statusBody } from '../../harness/fake-rest.ts';
import { httpServer, type LocalServer, tcpServer } from './local-server.ts';

const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function started(server: Promise<LocalServer>): Promise<LocalServer> {
  const running = await server;
  servers.push(running);
  return running;
}

interface Heard {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A member that says this, and remembers what it was asked. */
async function member(status: number, body: string, headers: Record<string, string> = {}) {
  const heard: Heard[] = [];
  const server = await started(
    httpServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        const { method, url } = request;
        const { authorization } = request.headers;
        heard.push({ method, url, authorization, body: text });
        response.writeHead(status, headers).end(body);
      });
    }),
  );
  const apiUrl = `http://127.0.0.1:${server.port}/patroni`;
  return { peer: { name: 'pg1', apiUrl }, heard };
}

const CREDENTIALS: RestSettings = { username: 'u', password: 'p', tls: { insecure: false } };

function peersOf(change: Partial<PeersOptions> = {}) {
  const lines: string[] = [];
  const peers = openPeers({
    settings: CREDENTIALS,
    readFile: async () => Buffer.from(''),
    https: false,
    failsafeMs: () => 2000,
    log: (level, text) => lines.push(`${level} ${text}`),
    ...change,
  });
  return { peers, lines };
}

const MESSAGE = {
  name: 'pg2',
  connUrl: 'postgres://pg2:5432/postgres',
  apiUrl: 'http://pg2:8008/patroni',
  slots: { pg3: 5 },
};

describe('GET /patroni of a member', () => {
  it('is its status; user and password stay here', async () => {
    const { peer, heard } = await member(200, statusBody({ timeline: 7 }));
    const { peers } = peersOf();
    expect(await peers.status(peer)).toMatchObject({ ok: true, status: { timeline: 7 } });
    expect(heard).toEqual([{ method: 'GET', url: '/patroni', authorization: undefined, body: '' }]);
  });

  it.each([
    ['an error', 503, statusBody(), /HTTP 503/],
    ['no JSON', 200, '<html>', /makes no sense/],
    ['too much', 200, `${' '.repeat(70_000)}{}`, /more than 65536 bytes/],
  ])('with %s is a failure', async (_, status, body, failure) => {
    const { peer } = await member(status, body);
    const report = await peersOf().peers.status(peer);
    expect(report).toEqual({ ok: false, failure: expect.stringMatching(failure) });
  });

  it('is not asked for at another place', async () => {
    const there = await member(200, statusBody());
    const { peer } = await member(302, '', { location: there.peer.apiUrl });
    expect(await peersOf().peers.status(peer)).toMatchObject({ ok: false });
    expect(there.heard).toEqual([]);
  });

  it('of nobody is a failure, too', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const peer = { name: 'pg1', apiUrl: `http://127.0.0.1:${port}/patroni` };
    expect(await peersOf().peers.status(peer)).toEqual({ ok: false, failure: 'ECONNREFUSED' });
  });

  it('of one that hangs up in the middle', async () => {
    const server = await started(
      tcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')),
    );
    const peer = { name: 'pg1', apiUrl: `http://127.0.0.1:${server.port}/patroni` };
    expect(await peersOf().peers.status(peer)).toMatchObject({ ok: false });
  });
});

describe('POST /failsafe of a member', () => {
  it('takes nothing but Accepted for a yes', async () => {
    const { peers, lines } = peersOf();
    const yes = await member(200, 'Accepted', { lsn: '5' });
    expect(await peers.failsafe(yes.peer, MESSAGE)).toBe(true);
    expect(yes.heard).toEqual([
      {
        method: 'POST',
        url: '/failsafe',
        authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
        body:
          '{"name":"pg2","conn_url":"postgres://pg2:5432/postgres",' +
          '"api_url":"http://pg2:8008/patroni","slots":{"pg3":5}}',
      },
    ]);
    for (const [status, body] of [
      [200, 'OK'],
      [500, 'Running as a leader'],
      [502, ''],
      [302, 'Accepted'],
    ] as const) {
      const { peer } = await member(status, body);
      expect(await peers.failsafe(peer, MESSAGE)).toBe(false);
    }
    expect(lines.join('\n')).not.toContain('Basic');
  });

  it('sends user and password over HTTPS only, where we serve HTTPS ourselves', async () => {
    const { peer, heard } = await member(200, 'Accepted');
    expect(await peersOf({ https: true }).peers.failsafe(peer, MESSAGE)).toBe(true);
    expect(heard[0]?.authorization).toBeUndefined();
    const { peers } = peersOf({ https: true });
    peers.reload({ settings: CREDENTIALS, https: false });
    await peers.failsafe(peer, MESSAGE);
    expect(heard[1]?.authorization).toBeDefined();
  });

  it('has no more time than there is left of the lease', async () => {
    const server = await started(tcpServer(() => {}));
    const peer = { name: 'pg1', apiUrl: `http://127.0.0.1:${server.port}/patroni` };
    const { peers, lines } = peersOf({ failsafeMs: () => 50 });
    expect(await peers.failsafe(peer, MESSAGE)).toBe(false);
    expect(lines).toEqual(['warning POST /failsafe of pg1: no answer in time']);
    const late = peersOf({ failsafeMs: () => -5 });
    expect(await late.peers.failsafe(peer, MESSAGE)).toBe(false);
  });
});

describe('where a member may be', () => {
  it.each([
    ['http://10.0.0.1:8008/patroni', 'http://10.0.0.1:8008/x'],
    ['https://pg1/patroni?a=b', 'https://pg1/x'],
    ['http://[fd00::1]:8008/patroni', 'http://[fd00::1]:8008/x'],
    ['http://169.254.169.254/latest', undefined],
    ['http://[::ffff:169.254.169.254]/', undefined],
    ['http://2852039166/', undefined],
    ['http://0xa9fea9fe/', undefined],
    ['http://[fe80::1]/', undefined],
    ['http://u:p@pg1:8008/patroni', undefined],
    ['http://u@pg1:8008/patroni', undefined],
    ['file:///etc/passwd', undefined],
    ['ftp://pg1/', undefined],
    ['pg1:8008', undefined],
    ['', undefined],
  ])('%s → %s', (apiUrl, url) => {
    expect(peerUrl(apiUrl, '/x')?.href).toBe(url);
  });

  it('a name does not lead where an address must not', async () => {
    const found: Readonly<Record<string, string[]>> = {
      evil: ['169.254.169.254'],
      both: ['169.254.1.1', '10.0.0.1', 'fd00::1'],
    };
    const lookup = peerLookup(new Addresses(async (host) => found[host] ?? []));
    const ask = (host: string, all: boolean) =>
      new Promise((resolve) =>
        lookup(host, { all }, (error, address, family) =>
          resolve([error?.message, address, family]),
        ),
      );
    expect(await ask('evil', false)).toEqual(['the host name is unknown', '', 0]);
    expect(await ask('both', false)).toEqual([undefined, '10.0.0.1', 4]);
    expect(await ask('both', true)).toEqual([
      undefined,
      [
        { address: '10.0.0.1', family: 4 },
        { address: 'fd00::1', family: 6 },
      ],
      undefined,
    ]);
  });

  it('what cannot be asked is a failure, not an error', async () => {
    const { peers } = peersOf();
    const peer = { name: 'pg1', apiUrl: 'http://169.254.169.254/' };
    expect(await peers.status(peer)).toEqual({
      ok: false,
      failure: 'its api_url cannot be used: http://169.254.169.254/',
    });
    expect(await peers.failsafe(peer, MESSAGE)).toBe(false);
  });
});
