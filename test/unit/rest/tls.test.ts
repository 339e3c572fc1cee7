import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { ServerOptions } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsSettings } from '../../../src/config/settings.ts';
import { Refusal } from '../../../src/model/errors.ts';
import { openMemberApi } from '../../../src/rest/client.ts';
import { RestError, type RestReply } from '../../../src/rest/member-api.ts';
import { type Certificates, makeCertificates } from '../../harness/certificates.ts';
import { freePorts } from '../../harness/ports.ts';
import { httpServer, httpsServer, type LocalServer, tcpServer } from './local-server.ts';

let folder: string;
let files: Certificates;
let encryptedKey: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-tls-'));
  files = makeCertificates(folder);
  encryptedKey = join(folder, 'encrypted.key');
  const args = ['-aes256', '-passout', 'pass:secret', '-in', files.key, '-out', encryptedKey];
  execFileSync('openssl', ['ec', ...args], { stdio: 'ignore' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let server: LocalServer | undefined;
let openssl: (() => Promise<void>) | undefined;
afterEach(async () => {
  await server?.stop();
  await openssl?.();
  server = undefined;
  openssl = undefined;
});

async function startServer(
  cert: string,
  more: ServerOptions = {},
  listener: RequestListener = (_, response) => response.end('ok'),
): Promise<LocalServer> {
  const options = { cert: readFileSync(cert), key: readFileSync(files.key), ...more };
  server = await httpsServer(options, listener);
  return server;
}

function call(
  tls: Partial<TlsSettings>,
  port: number,
  { host = '127.0.0.1', anonymous = false } = {},
): Promise<RestReply> {
  const api = openMemberApi(
    { username: 'u', password: 'p', tls: { insecure: false, ...tls } },
    { defaultTimeoutMs: 5000, signal: new AbortController().signal, readFile },
  );
  const member = { name: 'pg1', apiUrl: `https://${host}:${port}/patroni` };
  return api.request(member, 'POST', { path: 'reload', body: {}, anonymous });
}

async function failureOf(reply: Promise<unknown>): Promise<RestError> {
  const error = await reply.then(
    () => new Error('there was an answer'),
    (reason: unknown) => reason,
  );
  if (error instanceof RestError) return error;
  throw error;
}

describe('the certificate of the server', () => {
  it.each(['127.0.0.1', 'localhost'])('is checked against the authority: %s', async (host) => {
    const { port } = await startServer(files.cert);
    expect(await call({ cacert: files.ca }, port, { host })).toMatchObject({
      status: 200,
      body: 'ok',
    });
  });

  it.each<[string, keyof Certificates, keyof Certificates | undefined, string]>([
    ['expired', 'expiredCert', 'ca', 'its certificate has expired: renew it, or use -k'],
    ['of another authority', 'cert', 'otherCa', 'not known here: set ctl.cacert, or use -k'],
    ['of no known authority', 'cert', undefined, 'not known here: set ctl.cacert, or use -k'],
    ['for another host', 'otherNameCert', 'ca', 'its certificate is for another host name'],
  ])('%s', async (_, cert, ca, sentence) => {
    const { port } = await startServer(files[cert]);
    const cacert = ca === undefined ? {} : { cacert: files[ca] };
    const error = await failureOf(call(cacert, port));
    expect(error.failure).toBe('tls');
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toContain(`No TLS connection to member pg1 at 127.0.0.1:${port}: `);
    expect(error.message).toContain(sentence);
    // -k accepts it.
    expect(await call({ ...cacert, insecure: true }, port)).toMatchObject({
      status: 200,
      body: 'ok',
    });
  });
});

describe('the certificate of the client', () => {
  const strict = (): ServerOptions => ({
    ca: readFileSync(files.ca),
    requestCert: true,
    rejectUnauthorized: true,
  });

  it('is shown', async () => {
    const { port } = await startServer(files.cert, strict());
    const tls = { cacert: files.ca, cert: files.cert, key: files.key };
    expect((await call(tls, port)).body).toBe('ok');
  });

  it('is not shown by an anonymous request, which may still check the server', async () => {
    const open = { ca: readFileSync(files.ca), requestCert: true, rejectUnauthorized: false };
    const { port } = await startServer(files.cert, open, (request, response) => {
      response.end(String((request.socket as TLSSocket).authorized));
    });
    const tls = { cacert: files.ca, cert: files.cert, key: files.key };
    expect((await call(tls, port)).body).toBe('true');
    expect((await call(tls, port, { anonymous: true })).body).toBe('false');
  });

  it('may have a key with a password', async () => {
    const { port } = await startServer(files.cert, strict());
    const tls = { cacert: files.ca, cert: files.cert, key: encryptedKey, keyPassword: 'secret' };
    expect((await call(tls, port)).body).toBe('ok');
  });

  it('may be in one file with its key', async () => {
    const both = join(folder, 'both.pem');
    writeFileSync(both, readFileSync(files.key, 'utf8') + readFileSync(files.cert, 'utf8'));
    const { port } = await startServer(files.cert, strict());
    expect((await call({ cacert: files.ca, cert: both, key: both }, port)).body).toBe('ok');
  });

  it('is shown under -k too, which then checks nothing', async () => {
    const { port } = await startServer(files.expiredCert, strict());
    const tls = { cacert: files.otherCa, cert: files.cert, key: files.key, insecure: true };
    expect((await call(tls, port)).body).toBe('ok');
  });

  // Node's own server says nothing when it does not like a client; OpenSSL's sends the alerts that
  // Patroni's sends.
  it.each(['-tls1_2', '-tls1_3'])('is missed by the server, %s', async (version) => {
    const port = await startOpenssl(files.ca, version);
    const error = await failureOf(call({ cacert: files.ca }, port));
    expect(error.failure).toBe('tls');
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toContain('it wants a client certificate: set ctl.certfile');
  });

  it.each(['-tls1_2', '-tls1_3'])('is not accepted by the server, %s', async (version) => {
    const port = await startOpenssl(files.otherCa, version);
    const tls = { cacert: files.ca, cert: files.cert, key: files.key };
    const error = await failureOf(call(tls, port));
    expect(error.failure).toBe('tls');
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toContain('it does not accept the client certificate of ctl.certfile');
  });

  /** A server that wants a certificate of that authority. */
  async function startOpenssl(ca: string, version: string): Promise<number> {
    const [port = 0] = await freePorts(1);
    const child = spawn(
      'openssl',
      [
        ...['s_server', '-accept', `127.0.0.1:${port}`, '-cert', files.cert, '-key', files.key],
        ...['-CAfile', ca, '-Verify', '1', '-verify_return_error', '-www', version],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    openssl = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('ACCEPT')) resolve();
      });
      child.once('exit', () => reject(new Error('openssl s_server did not start')));
    });
    return port;
  }
});

describe('servers that do not speak TLS', () => {
  it('plain HTTP', async () => {
    server = await httpServer((_, response) => response.end('ok'));
    const error = await failureOf(call({}, server.port));
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toContain('it does not speak TLS: its api_url should begin with http://');
  });

  it('one that closes during the handshake', async () => {
    server = await tcpServer((socket) => void socket.once('data', () => socket.end()));
    const error = await failureOf(call({}, server.port));
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toContain('No connection to member pg1');
  });

  it('one that never shakes hands', async () => {
    server = await tcpServer(() => {});
    const api = openMemberApi(
      { tls: { insecure: true } },
      { defaultTimeoutMs: 200, signal: new AbortController().signal, readFile },
    );
    const member = { name: 'pg1', apiUrl: `https://127.0.0.1:${server.port}/` };
    const error = await failureOf(api.request(member, 'POST', { path: 'x', timeoutMs: 60_000 }));
    expect(error.failure).toBe('refused');
    expect(error.message).toContain('time-out');
  });
});

describe('a connection that breaks after the request', () => {
  it('may have carried it, whatever TLS says', async () => {
    let spoil = (): void => {};
    const { port } = await startServer(files.cert, {}, () => spoil());
    const proxy = await tcpServer((socket) => {
      const behind = connect(port, '127.0.0.1').on('error', () => {});
      socket.pipe(behind).pipe(socket);
      // No TLS record looks like this.
      spoil = () => void socket.write(Buffer.alloc(64));
    });
    try {
      const error = await failureOf(call({ cacert: files.ca }, proxy.port));
      expect(error.failure).toBe('broken');
      expect(error.surelyNotTaken).toBe(false);
    } finally {
      await proxy.stop();
    }
  });
});

describe('files that cannot be used', () => {
  const tls = (): TlsSettings => ({
    cacert: files.ca,
    cert: files.cert,
    key: files.key,
    insecure: false,
  });
  it.each<[string, () => Partial<TlsSettings>, string]>([
    ['a missing authority', () => ({ cacert: '/no/ca' }), 'Cannot read /no/ca (ctl.cacert or'],
    ['a missing certificate', () => ({ cert: '/no/c' }), 'Cannot read /no/c (ctl.certfile in the'],
    ['a missing key', () => ({ key: '/no/k' }), 'Cannot read /no/k (ctl.keyfile in the config'],
    ['a directory', () => ({ cacert: folder }), 'EISDIR'],
    ['no PEM as authority', () => ({ cacert: '/etc/hostname' }), 'no PEM certificate in it'],
    ['no PEM as certificate', () => ({ cert: '/etc/hostname' }), '(ctl.certfile in the config'],
    ['no PEM as key', () => ({ key: '/etc/hostname' }), 'Cannot use /etc/hostname (ctl.keyfile'],
    [
      'a key of another certificate',
      () => ({ key: join(folder, 'ca.key') }),
      'the key does not belong to the certificate of ctl.certfile',
    ],
    [
      'a key without its password',
      () => ({ key: encryptedKey }),
      'the key has a password, and ctl.keyfile_password is not set',
    ],
    [
      'a wrong password',
      () => ({ key: encryptedKey, keyPassword: 'wrong' }),
      'ctl.keyfile_password is wrong',
    ],
  ])('%s', async (_, wrong, sentence) => {
    const { port } = await startServer(files.cert);
    const error = await call({ ...tls(), ...wrong() }, port).then(
      () => new Error('there was an answer'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof Refusal)) throw error;
    expect(error.message).toContain(sentence);
    expect(error.message).not.toMatch(/\.$|\n/);
    expect(server?.connections()).toBe(0);
  });

  it('are not looked at for http', async () => {
    server = await httpServer((_, response) => response.end('ok'));
    const api = openMemberApi(
      { tls: { cacert: '/no/ca', insecure: false } },
      { defaultTimeoutMs: 5000, signal: new AbortController().signal, readFile },
    );
    const member = { name: 'pg1', apiUrl: `http://127.0.0.1:${server.port}/` };
    expect((await api.request(member, 'GET', { path: 'x' })).body).toBe('ok');
  });
});
