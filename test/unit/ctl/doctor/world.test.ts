import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { network } from '../../../../src/ctl/doctor/world.ts';
import { type Certificates, makeCertificates } from '../../../harness/certificates.ts';
import { freePorts } from '../../../harness/ports.ts';
import { httpServer, httpsServer, type LocalServer, tcpServer } from '../../rest/local-server.ts';

// The network, on loopback: whatever happens there is a value, and ends in time.

let folder: string;
let files: Certificates;
const servers: LocalServer[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-tls-'));
  files = makeCertificates(folder);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const url = (protocol: string, port: number): URL => new URL(`${protocol}://127.0.0.1:${port}`);
const look = (cacert: string | undefined = undefined, timeoutMs = 10_000) => ({
  tls: { insecure: false, ...(cacert === undefined ? {} : { cacert }) },
  timeoutMs,
  signal: new AbortController().signal,
});

async function serveTls(cert: string): Promise<number> {
  const options = { cert: readFileSync(cert), key: readFileSync(files.key) };
  const server = await httpsServer(options, (_, response) => response.end('{}'));
  servers.push(server);
  return server.port;
}

describe('a server of etcd', () => {
  it('answers', async () => {
    const server = await httpServer((_, response) => response.end('{}'));
    servers.push(server);
    const { origin } = url('http', server.port);
    expect(await network.endpoint(url('http', server.port), look())).toEqual({ name: origin });
  });

  it('answers over TLS, and shows its certificate', async () => {
    const port = await serveTls(files.cert);
    expect(await network.endpoint(url('https', port), look(files.ca))).toMatchObject({
      certificate: { ok: true, subject: 'localhost' },
    });
  });

  it('is not reached: nobody listens, nobody answers, nobody is trusted', async () => {
    const [closed = 0] = await freePorts(1);
    const silent = await tcpServer(() => {});
    servers.push(silent);
    const untrusted = await serveTls(files.cert);
    const failures = await Promise.all([
      network.endpoint(url('http', closed), look()),
      network.endpoint(url('http', silent.port), look(undefined, 100)),
      network.endpoint(url('https', untrusted), look(files.otherCa)),
    ]);
    expect(failures.map(({ failure }) => failure)).toEqual([
      'no connection (ECONNREFUSED)',
      'no answer in time (ETIMEDOUT)',
      expect.stringMatching(/^no TLS connection \(/),
    ]);
  });
});

describe('the certificate of a member', () => {
  it('is seen when it has expired, and nobody would connect', async () => {
    const port = await serveTls(files.expiredCert);
    const sight = await network.memberCertificate(url('https', port), look(files.ca));
    expect(sight).toMatchObject({ ok: true, subject: 'localhost' });
    expect(sight.ok && sight.validToMs < Date.now()).toBe(true);
  });

  it('is not seen, and the reason is a sentence', async () => {
    const [closed = 0] = await freePorts(1);
    expect(await network.memberCertificate(url('https', closed), look())).toEqual({
      ok: false,
      failure: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('Ctrl-C ends the look', async () => {
    const silent = await tcpServer(() => {});
    servers.push(silent);
    const controller = new AbortController();
    const given = { ...look(), signal: controller.signal };
    const looking = network.memberCertificate(url('https', silent.port), given);
    controller.abort(new Error('interrupted'));
    await expect(looking).rejects.toThrow('interrupted');
  });
});
