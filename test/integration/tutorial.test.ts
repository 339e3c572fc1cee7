import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pgherdProgram } from '../harness/agent-programs.ts';
import { ended } from '../harness/processes.ts';
import { postgresBinaries } from '../harness/servers.ts';
import { SECRETS } from '../lab/config.ts';
import type { LabHost } from '../lab/host.ts';
import { Lab, type LabOptions } from '../lab/lab.ts';
import { post } from './storms.ts';

// The configuration file that goes around in tutorials: `etcd:` with a host, and no `bootstrap`.

const ETCDS: readonly Pick<LabOptions, 'etcd' | 'v2'>[] = [
  { etcd: '3.5' },
  { etcd: '3.4', v2: true },
];

describe.each(ETCDS)('etcd $etcd, v2 API: $v2', ({ etcd, v2 = false }) => {
  const lab = new Lab({
    program: pgherdProgram(),
    ...{ etcd, v2 },
    binaries: postgresBinaries(),
    members: 2,
    store: 'etcd',
    plain: true,
  });
  const seen = watchArguments(lab);

  beforeAll(() => lab.start());
  afterAll(() => {
    seen.stop();
    lab.stop();
  });

  it('two nodes make a cluster, in the API that the server has', async () => {
    expect((await lab.members()).map(({ role }) => role).sort()).toEqual(['leader', 'replica']);
    const found = await lab.store.get('/service/lab/leader');
    expect(found).toBe(v2 ? undefined : (await lab.leader()).name);
    const warned = /this etcd has no v2 API/.test((await lab.leader()).log());
    expect(warned).toBe(!v2);
  });

  it('the leader changes', async () => {
    const leader = await lab.leader();
    const [candidate] = await lab.standbys();
    await post(leader.restUrl, 'switchover', { leader: leader.name, candidate: candidate?.name });
    await lab.settled();
    expect((await lab.leader()).name).toBe(candidate?.name);
  });

  it('a second agent of the same name is refused, and leaves nothing running', async () => {
    const [host] = lab.hosts;
    if (!host) throw new Error('There is no host');
    const before = programsOf(host);
    const file = join(host.directory, 'second.yml');
    const text = readFileSync(host.configFile, 'utf8');
    const elsewhere = text.replaceAll(':8008', ':8009').replaceAll('/data"', '/second-data"');
    writeFileSync(file, elsewhere, { mode: 0o600 });
    chownSync(file, statSync(host.configFile).uid, statSync(host.configFile).gid);
    const second = host.spawnAgent(file);
    await ended(second);
    rmSync(file);
    expect(second.exitCode).toBe(1);
    expect(host.log()).toContain(`there is already a node named '${host.name}' running`);
    expect(programsOf(host)).toEqual(before);
  });

  it('no secret is in an argument, a log, a configuration of PostgreSQL, or open to others', () => {
    expect(seen.leaks()).toEqual([]);
    for (const host of lab.hosts) {
      expect(secretsIn(host.log()), `log of ${host.name}`).toEqual([]);
      expect(filesWithSecrets(host)).toEqual([]);
    }
  });
});

/** Agents and guards of a host. */
function programsOf(host: LabHost): string[] {
  const commands = host.processes().map(({ command }) => command);
  return commands.filter((command) => /run\.js|guard/.test(command)).sort();
}

function secretsIn(text: string): string[] {
  return Object.values(SECRETS).filter((secret) => text.includes(secret));
}

/** Looks at the arguments of every process of a lab, again and again, from now on. */
function watchArguments(lab: Lab) {
  const found = new Set<string>();
  const timer = setInterval(() => {
    for (const host of lab.hosts) {
      for (const { command } of host.processes()) {
        if (secretsIn(command).length > 0) found.add(command);
      }
    }
  }, 50);
  return {
    leaks: (): string[] => [...found],
    stop: (): void => clearInterval(timer),
  };
}

/** Files that are no place for a secret and have one; those that may have one are ours alone. */
function filesWithSecrets(host: LabHost): string[] {
  const { directory } = host;
  const found = execFileSync('grep', ['-rlaE', Object.values(SECRETS).join('|'), directory], {
    encoding: 'utf8',
  });
  const places = new Set(['patroni.yml', 'pgpass']);
  return found
    .split('\n')
    .filter(Boolean)
    .filter((file) => {
      const name = file.slice(directory.length + 1);
      return !places.has(name) || (statSync(file).mode & 0o077) !== 0;
    });
}
