import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RestApiSettings } from '../../src/config/agent-settings.ts';
import { Refusal } from '../../src/model/errors.ts';
import { openPeers } from '../../src/rest/peers.ts';
import { RestServer } from '../../src/rest/server/server.ts';
import { type Certificates, makeCertificates } from '../harness/certificates.ts';
import { freePorts } from '../harness/ports.ts';
import { FakeBackend, restApi, statusOf } from '../unit/rest/server/fake-backend.ts';
import { ask, open, type RawReply, readAll, understand } from './rest-client.ts';

let folder: string;
let files: Certificates;
let other: Certificates;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-rest-tls-'));
  files = makeCertificates(folder);
  other = makeCertificates(mkdtempSync(join(folder, 'other-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const servers: RestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const https = (change: Partial<RestApiSettings> = {}): RestApiSettings =>
  restApi({ certfile: files.cert, keyfile: files.key, cafile: files.ca, ...change });

async function serve(settings: RestApiSettings, backend = new FakeBackend()) {
  const server = new RestServer(backend, readFile);
  servers.push(server);
  await server.apply(settings);
  return { server, backend, port: server.port ?? 0 };
}

/** An answer, and the connection that it came over. */
interface TlsReply extends RawReply {
  readonly protocol: string | null;
  readonly cipher: string;
  readonly fingerprint: string;
  readonly resumed: boolean;
  /** The last ticket that the server gave. */
  readonly session: Buffer | undefined;
}

/** One request over TLS; status 0: there was no answer. */
async function askTls(
  port: number,
  line: string,
  options: ConnectionOptions = {},
): Promise<TlsReply> {
  const trusted = { ca: readFileSync(files.ca), host: '127.0.0.1', port };
  const socket = connect({ ...trusted, ...options });
  let seen = { protocol: null as string | null, cipher: '', fingerprint: '', resumed: false };
  let session: Buffer | undefined;
  socket.on('error', () => {});
  socket.on('session', (ticket) => {
    session = ticket;
  });
  socket.once('secureConnect', () => {
    seen = {
      protocol: socket.getProtocol(),
      cipher: socket.getCipher().name,
      fingerprint: socket.getPeerCertificate().fingerprint256 ?? '',
      resumed: socket.isSessionReused(),
    };
  });
  const all = readAll(socket);
  socket.write(`${line} HTTP/1.0\r\n\r\n`);
  return { ...understand(await all), ...seen, session };
}

const client = (certificates = files): ConnectionOptions => ({
  cert: readFileSync(certificates.cert),
  key: readFileSync(certificates.key),
});

const NEEDED = { status: 403, body: 'client certificate required' };

describe('HTTPS', () => {
  it('is all that is spoken with a certificate', async () => {
    const { port } = await serve(https());
    const reply = await askTls(port, 'GET /replica');
    expect(reply.status).toBe(200);
    expect(reply.protocol).toBe('TLSv1.3');
    expect((await askTls(port, 'OPTIONS /replica')).text).toBe('HTTP/1.1 200 OK\r\n\r\n');
    expect((await askTls(port, 'POST /reload')).status).toBe(202);
    expect((await ask({ port }, 'GET', '/replica')).status).toBe(0);
  });

  it('takes key and certificate from one file, and ciphers of TLS 1.2', async () => {
    const both = join(folder, 'both.pem');
    writeFileSync(both, readFileSync(files.cert, 'utf8') + readFileSync(files.key, 'utf8'));
    const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384';
    const { port } = await serve(https({ certfile: both, keyfile: undefined, ciphers }));
    const modern = await askTls(port, 'GET /replica');
    expect(modern.protocol).toBe('TLSv1.3');
    const old = await askTls(port, 'GET /replica', { maxVersion: 'TLSv1.2' });
    expect(old.status).toBe(200);
    expect(old.cipher).toBe(ciphers);
    const weak = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
    expect((await askTls(port, 'GET /replica', weak)).status).toBe(0);
  });

  it.each<[string, Partial<RestApiSettings>, RegExp]>([
    [
      'no file',
      { certfile: '/nonexistent' },
      /^Cannot read \/nonexistent \(restapi.certfile\): ENOENT/,
    ],
    ['no key', { keyfile: undefined }, /^Cannot use .*\(restapi.keyfile\)/],
    ['ciphers', { ciphers: 'x' }, /^Cannot use restapi.ciphers/],
  ])('is refused with a word on what is wrong: %s', async (_, change, message) => {
    await expect(serve(https(change))).rejects.toThrow(Refusal);
    await expect(serve(https(change))).rejects.toThrow(message);
  });
});

describe('client certificates', () => {
  it('none: nobody is asked for one', async () => {
    const { port } = await serve(https());
    expect((await askTls(port, 'POST /reload')).status).toBe(202);
  });

  it('optional: orders need one, looking does not', async () => {
    const { port, backend } = await serve(https({ verifyClient: 'optional' }));
    expect((await askTls(port, 'GET /replica')).status).toBe(200);
    expect(await askTls(port, 'POST /reload')).toMatchObject(NEEDED);
    expect(backend.reloads).toBe(0);
    expect((await askTls(port, 'POST /reload', client())).status).toBe(202);
    expect((await askTls(port, 'GET /replica', client())).status).toBe(200);
  });

  it.each(['optional', 'required'] as const)(
    '%s: one of a stranger gets no answer at all',
    async (verifyClient) => {
      const { port, backend } = await serve(https({ verifyClient }));
      expect((await askTls(port, 'GET /replica', client(other))).status).toBe(0);
      const expired = { ...client(), cert: readFileSync(files.expiredCert) };
      expect((await askTls(port, 'POST /reload', expired)).status).toBe(0);
      expect(backend.reloads).toBe(0);
    },
  );

  it('required: without one there is no connection', async () => {
    const { port } = await serve(https({ verifyClient: 'required' }));
    expect((await askTls(port, 'GET /replica')).status).toBe(0);
    expect((await askTls(port, 'POST /reload', client())).status).toBe(202);
  });

  it('without an authority nobody has a good one', async () => {
    const settings = https({ verifyClient: 'optional', cafile: undefined });
    const { port } = await serve(settings);
    expect((await askTls(port, 'POST /reload', client())).status).toBe(0);
    expect(await askTls(port, 'POST /reload')).toMatchObject(NEEDED);
  });

  // Node says of a session that was begun without a certificate and is resumed: authorized.
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a session that is resumed over %s has the one that it had, or none',
    async (version) => {
      const { port, backend } = await serve(https({ verifyClient: 'optional' }));
      const only = { minVersion: version, maxVersion: version };
      const resumed = async (more: ConnectionOptions): Promise<RawReply> => {
        const { session } = await askTls(port, 'GET /replica', { ...only, ...more });
        const again = await askTls(port, 'POST /reload', { ...only, session });
        expect(again.resumed).toBe(true);
        return again;
      };
      expect(await resumed({})).toMatchObject(NEEDED);
      expect(backend.reloads).toBe(0);
      expect((await resumed(client())).status).toBe(202);
    },
  );
});

describe('other certificates', () => {
  const serial = async (port: number, ca = files.ca): Promise<string> => {
    const reply = await askTls(port, 'GET /replica', { ca: readFileSync(ca) });
    expect(reply.status).toBe(200);
    return reply.fingerprint;
  };

  it('in the same files are taken over, and no connection is lost', async () => {
    const cert = join(folder, 'changing.crt');
    const key = join(folder, 'changing.key');
    copyFileSync(files.cert, cert);
    copyFileSync(files.key, key);
    const settings = https({ certfile: cert, keyfile: key });
    const { server, port } = await serve(settings);
    const before = await serial(port);
    await server.apply(settings);
    expect(await serial(port)).toBe(before);
    const open = connect({ ca: readFileSync(files.ca), host: '127.0.0.1', port });
    const all = readAll(open);
    await new Promise((resolve) => open.once('secureConnect', resolve));
    copyFileSync(other.cert, cert);
    copyFileSync(other.key, key);
    await server.apply(settings);
    expect(await serial(port, other.ca)).not.toBe(before);
    open.write('GET /replica HTTP/1.0\r\n\r\n');
    expect(understand(await all).status).toBe(200);
    // Files that do not fit together, as in the middle of a renewal, change nothing.
    copyFileSync(files.cert, cert);
    await expect(server.apply(settings)).rejects.toThrow(Refusal);
    await serial(port, other.ca);
  });

  it('and other demands on clients, on the same port, and back to plain HTTP', async () => {
    const [port = 0] = await freePorts(1);
    const { server } = await serve(restApi({ listenPort: port }));
    expect((await ask({ port }, 'GET', '/replica')).status).toBe(200);
    await server.apply(https({ listenPort: port }));
    expect((await askTls(port, 'POST /reload')).status).toBe(202);
    await server.apply(https({ listenPort: port, verifyClient: 'optional' }));
    expect(await askTls(port, 'POST /reload')).toMatchObject(NEEDED);
    await server.apply(https({ listenPort: port, verifyClient: 'required' }));
    expect((await askTls(port, 'GET /replica')).status).toBe(0);
    await server.apply(restApi({ listenPort: port }));
    expect((await ask({ port }, 'GET', '/replica')).status).toBe(200);
  });
});

describe('a connection that does not begin TLS', () => {
  it('is cut off, and others do not wait for it', async () => {
    const { port } = await serve(https());
    const silent = await open({ port });
    const ended = readAll(silent);
    expect((await askTls(port, 'GET /replica')).status).toBe(200);
    expect(await ended).toBe('');
  });

  it('does not hold up the end', async () => {
    const { port, server } = await serve(https());
    const silent = await open({ port });
    await server.close();
    silent.destroy();
  });
});

describe('members among themselves', () => {
  const peersOf = (tls: { cacert?: string; cert?: string; key?: string; insecure?: boolean }) =>
    openPeers({
      settings: { username: 'u', password: 'p', tls: { insecure: false, ...tls } },
      readFile,
      https: true,
      failsafeMs: () => 10_000,
      log: () => {},
    });
  const MESSAGE = {
    name: 'pg1',
    connUrl: 'postgres://pg1:5432/postgres',
    apiUrl: 'https://pg1:8008/patroni',
    slots: {},
  };

  it('speak TLS with certificates and passwords', async () => {
    const backend = new FakeBackend();
    const { settings } = backend.current;
    backend.says({ settings: { ...settings, failsafeMode: true } });
    backend.fresh = async () => statusOf({ timeline: 9 });
    const wanted = https({ verifyClient: 'required', username: 'u', password: 'p' });
    const { port } = await serve(wanted, backend);
    const peer = { name: 'pg2', apiUrl: `https://127.0.0.1:${port}/patroni` };
    const peers = peersOf({ cacert: files.ca, cert: files.cert, key: files.key });
    expect(await peers.status(peer)).toMatchObject({ ok: true, status: { timeline: 9 } });
    expect(await peers.failsafe(peer, MESSAGE)).toBe(true);
    expect(backend.messages).toEqual([MESSAGE]);
  });

  it('do not trust just anybody', async () => {
    const { port } = await serve(https());
    const peer = { name: 'pg2', apiUrl: `https://127.0.0.1:${port}/patroni` };
    expect(await peersOf({ cacert: files.otherCa }).status(peer)).toMatchObject({ ok: false });
    expect(await peersOf({}).status(peer)).toMatchObject({ ok: false });
    expect(await peersOf({ insecure: true }).status(peer)).toMatchObject({ ok: true });
    const unreadable = peersOf({ cacert: '/nonexistent' });
    expect(await unreadable.status(peer)).toMatchObject({
      ok: false,
      failure: expect.stringContaining('/nonexistent'),
    });
    unreadable.reload({
      settings: { tls: { cacert: files.ca, insecure: false } },
      https: true,
    });
    expect(await unreadable.status(peer)).toMatchObject({ ok: true });
  });
});
