import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pgherdProgram } from '../harness/agent-programs.ts';
import { freePorts } from '../harness/ports.ts';
import { atExit, sendSignal, waitFor } from '../harness/processes.ts';
import { newestEtcd, postgresBinaries } from '../harness/servers.ts';
import { SECRETS } from '../lab/config.ts';
import { Lab } from '../lab/lab.ts';
import { post } from './storms.ts';

/** As in Patroni's documentation, with shorter times. */
function haproxyConfig(port: number, lab: Lab, statsSocket: string): string {
  const servers = lab.hosts.map(
    ({ name, address }) => `    server ${name} ${address.ip}:5432 maxconn 100 check port 8008`,
  );
  return `global
    maxconn 100
    stats socket ${statsSocket}
defaults
    mode tcp
    retries 2
    timeout client 30m
    timeout connect 4s
    timeout server 30m
    timeout check 5s
listen primary
    bind 127.0.0.1:${port}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}
`;
}

/** How many servers HAProxy leads clients to. */
async function serversUp(statsSocket: string): Promise<number> {
  const socket = connectTo(statsSocket);
  socket.end('show stat\n');
  const rows = (await text(socket)).split('\n').map((line) => line.split(','));
  const [header = []] = rows;
  const [name, status] = [header.indexOf('svname'), header.indexOf('status')];
  return rows.filter((row) => /^pg\d$/.test(row[name] ?? '') && row[status]?.startsWith('UP'))
    .length;
}

describe('HAProxy in front of pgherd agents', () => {
  const lab = new Lab({
    program: pgherdProgram(),
    etcd: newestEtcd(),
    binaries: postgresBinaries(),
  });
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-haproxy-'));
  let port = 0;
  let haproxy: ReturnType<typeof spawn> | undefined;
  const forget = atExit(() => sendSignal(haproxy?.pid, 'SIGKILL'));

  beforeAll(async () => {
    await lab.start();
    [port = 0] = await freePorts(1);
    const file = join(directory, 'haproxy.cfg');
    const statsSocket = join(directory, 'stats');
    writeFileSync(file, haproxyConfig(port, lab, statsSocket));
    haproxy = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: 'ignore' });
    // When it starts, it takes every server for good until it knows better.
    await waitFor('HAProxy to have checked', async () => (await serversUp(statsSocket)) === 1);
  });

  afterAll(() => {
    sendSignal(haproxy?.pid, 'SIGKILL');
    forget();
    rmSync(directory, { recursive: true });
    lab.stop();
  });

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' },
      password: SECRETS.superuser,
      connectionTimeoutMillis: 3000,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  };

  /** Whom a client reaches, asked on a new connection. */
  const reached = async (): Promise<unknown> => {
    const client = await connect();
    try {
      const { rows } = await client.query(
        'SELECT host(inet_server_addr()) AS ip, pg_is_in_recovery() AS standby',
      );
      return rows[0];
    } finally {
      await client.end();
    }
  };

  const leads = async (): Promise<unknown> => ({
    ip: (await lab.leader()).address.ip,
    standby: false,
  });

  it('leads clients to the primary', async () => {
    const seen = await waitFor('HAProxy to find the primary', reached);
    expect(seen).toEqual(await leads());
  });

  it('leads them to the new one after a switchover, and cuts the sessions to the former one', async () => {
    const held = await connect();
    const leader = await lab.leader();
    const [candidate] = await lab.standbys();
    await post(leader.restUrl, 'switchover', { leader: leader.name, candidate: candidate?.name });
    const seen = await waitFor('HAProxy to follow', reached);
    expect(seen).toEqual({ ip: candidate?.address.ip, standby: false });
    await expect(held.query('SELECT 1')).rejects.toThrow();
    await lab.settled();
  });

  it('never leads them to a standby while the primary is gone', async () => {
    const leader = await lab.leader();
    leader.crash();
    const seen = await waitFor('HAProxy to find the new primary', reached, 120_000);
    expect(seen).toEqual(await leads());
    leader.powerOn();
    leader.start();
    await lab.settled();
  });
});
