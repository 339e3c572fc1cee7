import { readFileSync } from 'node:fs';
import type { LabHost } from '../../test/lab/host.ts';
import type { Lab } from '../../test/lab/lab.ts';
import { processorTime } from './processor-time.ts';

/** What agents use while nothing happens. */
export interface Idle {
  /** Resident memory of the largest agent, with its helpers (the guard), in MiB. */
  readonly memoryMib: number;
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
  return {
    memoryMib: Math.max(...lab.hosts.map(memoryOf)),
    cpuMsPerMinute: (cpuOf(lab) - before.cpu) / minutes,
    requestsPerMinute: ((await lab.store.messages()) - before.messages) / minutes,
  };
}

/** The agent and what belongs to it: everything on the host but PostgreSQL and clients. */
function processesOf(host: LabHost): number[] {
  return host
    .processes()
    .filter(({ command }) => command !== '' && !/postgres/.test(command.split(' ')[0] ?? ''))
    .filter(({ command }) => !command.startsWith('postgres:'))
    .map(({ pid }) => pid);
}

function memoryOf(host: LabHost): number {
  const kib = processesOf(host).map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  });
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

function cpuOf(lab: Lab): number {
  return lab.hosts
    .flatMap(processesOf)
    .map(processorTime)
    .reduce((sum, one) => sum + one, 0);
}
