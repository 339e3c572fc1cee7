import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemdNotifier } from '../../src/daemon/systemd.ts';
import { waitFor } from '../harness/processes.ts';

// systemd's own program, and a socket such as systemd's.

const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    text = listener.recv(4096).decode().strip().replace(chr(10), ' ')
    # How the program waits until systemd has read it.
    if text != 'BARRIER=1':
        print(text, flush=True)
`;

let folder: string;
let listener: ChildProcess;
let heard = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-systemd-'));
  const socket = join(folder, 'notify');
  listener = spawn('/usr/bin/python3', ['-c', LISTENER, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  listener.stdout?.on('data', (data: Buffer) => {
    heard += String(data);
  });
  await waitFor('the socket', async () => existsSync(socket));
});
afterEach(() => {
  listener.kill();
  rmSync(folder, { recursive: true });
});

it('systemd hears how the agent is, in the order of events', async () => {
  const env: Record<string, string | undefined> = { NOTIFY_SOCKET: join(folder, 'notify') };
  const warnings: string[] = [];
  const notify = systemdNotifier({ env, warn: (text) => warnings.push(text) });
  notify.ready();
  notify.status('leads demo');
  notify.reloading();
  notify.ready();
  notify.stopping();
  await waitFor('the end', async () => heard.includes('STOPPING=1') || warnings.length > 0);
  expect(warnings).toEqual([]);
  expect(heard.trim().split('\n')).toEqual([
    ...['READY=1', 'STATUS=leads demo'],
    expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
    ...['READY=1', 'STOPPING=1'],
  ]);
});
