import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { peerCertificate } from '../../../src/system/peer-certificate.ts';
import { type Certificates, makeCertificates } from '../../harness/certificates.ts';
import { freePorts } from '../../harness/ports.ts';
import { httpsServer, type LocalServer, tcpServer } from '../rest/local-server.ts';

let folder: string;
let files: Certificates;
let server: LocalServer | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-tls-'));
  files = makeCertificates(folder);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const look = (port: number, more: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  peerCertificate(new URL(`https://127.0.0.1:${port}/patroni`), {
    context: createSecureContext(),
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    ...more,
  });

async function serve(cert: string): Promise<number> {
  const options = { cert: readFileSync(cert), key: readFileSync(files.key) };
  server = await httpsServer(options, (_, response) => response.end());
  return server.port;
}

describe('the certificate of a server', () => {
  it('has a name and dates, also where its authority is not known', async () => {
    const { subject, validFromMs, validToMs } = await look(await serve(files.cert));
    expect(subject).toBe('localhost');
    expect(validToMs - validFromMs).toBe(24 * 3600 * 1000);
    expect(validToMs).toBeGreaterThan(Date.now());
  });

  it('is seen when it has expired', async () => {
    expect((await look(await serve(files.expiredCert))).validToMs).toBeLessThan(Date.now());
  });
});

describe('no certificate', () => {
  it('where nobody listens', async () => {
    const [port = 0] = await freePorts(1);
    await expect(look(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('where the server hangs up, or is silent', async () => {
    server = await tcpServer((socket) => socket.end());
    await expect(look(server.port)).rejects.toThrow();
    await server.stop();
    server = await tcpServer(() => {});
    await expect(look(server.port, { timeoutMs: 50 })).rejects.toThrow('no TLS handshake in time');
  });

  it('after Ctrl-C', async () => {
    server = await tcpServer(() => {});
    const controller = new AbortController();
    const looking = look(server.port, { signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await expect(looking).rejects.toThrow('interrupted');
  });
});
