import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { LabHost } from '../../test/lab/host.ts';
import type { Lab } from '../../test/lab/lab.ts';
import { processorTime } from './processor-time.ts';

/** Memory in MiB. */
export interface Footprint {
  readonly resident: number;
  /** What nobody shares: without the pages of files, which are those of the program itself. */
  readonly private: number;
}

/** What agents use while nothing happens. */
export interface Idle {
  /** Of the largest agent, with its helpers (the guard). */
  readonly memory: Footprint;
  /** Processor time of all agents together, in milliseconds a minute. */
  readonly cpuMsPerMinute: number;
  /** Messages that the store got from all agents, a minute. */
  readonly requestsPerMinute: number;
}

/** Watches a cluster at rest. */
export async function measureIdle(lab: Lab, seconds: number): Promise<Idle> {
  const before = { cpu: cpuOf(lab), messages: await lab.store.messages(), at: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const minutes = (performance.now() - before.at) / 60_000;
  const footprints = lab.hosts.map((host) => sum(processesOf(host).map(footprint)));
  return {
    memory: footprints.reduce((one, other) => (one.resident < other.resident ? other : one)),
    cpuMsPerMinute: (cpuOf(lab) - before.cpu) / minutes,
    requestsPerMinute: ((await lab.store.messages()) - before.messages) / minutes,
  };
}

/** Of a Node that does nothing: less than that no agent can have. */
export async function bareNodeFootprint(): Promise<Footprint> {
  const program = "process.stdout.write('.'); setInterval(() => {}, 1e6)";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const found = footprint(child.pid ?? 0);
  child.kill();
  return found;
}

/** The agent and what belongs to it: everything on the host but PostgreSQL and clients. */
function processesOf(host: LabHost): number[] {
  return host
    .processes()
    .filter(({ command }) => command !== '' && !/postgres/.test(command.split(' ')[0] ?? ''))
    .filter(({ command }) => !command.startsWith('postgres:'))
    .map(({ pid }) => pid);
}

function footprint(pid: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (what: string): number =>
    Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { resident: mib('VmRSS'), private: mib('RssAnon') };
}

function sum(all: readonly Footprint[]): Footprint {
  return all.reduce(
    (one, other) => ({
      resident: one.resident + other.resident,
      private: one.private + other.private,
    }),
    { resident: 0, private: 0 },
  );
}

function cpuOf(lab: Lab): number {
  return lab.hosts
    .flatMap(processesOf)
    .map(processorTime)
    .reduce((sum, one) => sum + one, 0);
}
