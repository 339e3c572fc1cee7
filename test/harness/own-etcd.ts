import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit, ended, giveToServerUser, sendSignal, startServer, waitFor } from './processes.ts';
import { SERVERS } from './servers.ts';
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const s = createServer().listen(0, '127.0.0.1', () => resolve(s));
        }),
    ),
  );
  const ports = servers.map((s) => {
    const a = s.address();
    return typeof a === 'object' && a ? a.port : 0;
  });
  await Promise.all(servers.map((s) => new Promise((r) => s.close(r))));
  return ports;
}
export async function startEtcd({
  version,
}: {
  version: '3.4' | '3.5';
}): Promise<{ clientUrl: string; stop(): Promise<void> }> {
  const [c, p] = await freePorts(2);
  const dir = mkdtempSync(join(tmpdir(), 'pgherd-etcd-'));
  giveToServerUser(dir);
  const clientUrl = `http://127.0.0.1:${c}`;
  const peer = `http://127.0.0.1:${p}`;
  const child = startServer({
    command: version === '3.5' ? join(SERVERS, 'forky/unpacked/usr/bin/etcd') : '/usr/bin/etcd',
    args: [
      '--data-dir',
      join(dir, 'd'),
      '--listen-client-urls',
      clientUrl,
      '--advertise-client-urls',
      clientUrl,
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `default=${peer}`,
      '--unsafe-no-fsync',
    ],
    env: {},
    cwd: dir,
    logFile: join(dir, 'log'),
  });
  const destroy = () => {
    sendSignal(child.pid, 'SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  atExit(destroy);
  await waitFor('etcd', async () => (await fetch(`${clientUrl}/health`)).ok);
  return {
    clientUrl,
    async stop() {
      sendSignal(child.pid, 'SIGKILL');
      await ended(child);
      destroy();
    },
  };
}
