import { execFileSync } from 'node:child_process';
import { atExit } from '../harness/processes.ts';

/** A host of the lab as the network knows it. */
export interface LabAddress {
  readonly name: string;
  /** The network namespace, for `ip netns exec`. */
  readonly namespace: string;
  readonly ip: string;
}

/**
 * Several hosts on one machine: network namespaces of our own, joined by a bridge. Links can be cut
 * for one direction, for both, or all at once, as on a real network: packets are lost, and nobody is
 * told. Needs root.
 */
export interface LabNetwork {
  /** This machine's own address on the bridge: etcd and the tests are here. */
  readonly gateway: string;
  readonly hosts: readonly LabAddress[];
  /** The cable of a host is pulled; it goes on running. */
  unplug(host: LabAddress): void;
  plug(host: LabAddress): void;
  /** What `from` sends to the address does not arrive any more. The other direction is not touched. */
  block(from: LabAddress, ip: string): void;
  unblock(from: LabAddress, ip: string): void;
  /** Kills every process on the host. */
  killAll(host: LabAddress): void;
  close(): void;
}

/** Makes a network with these hosts. Everything of it is gone when the process ends. */
export function openNetwork(names: readonly string[]): LabNetwork {
  const { id, bridge, subnet } = newBridge();
  const gateway = `${subnet}.1`;
  const hosts = names.map((name, index) => ({
    name,
    namespace: `pgh${id}-${index}`,
    ip: `${subnet}.${11 + index}`,
  }));
  const remove = (): void => {
    for (const [index, host] of hosts.entries()) {
      killAll(host);
      // By itself it would go some time after its namespace.
      tryIp('link', 'del', cableOf(bridge, index));
      tryIp('netns', 'del', host.namespace);
    }
    tryIp('link', 'del', bridge);
  };
  const forget = atExit(remove);
  ip('addr', 'add', `${gateway}/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  for (const [index, host] of hosts.entries()) join(host, bridge, cableOf(bridge, index));
  return {
    gateway,
    hosts,
    unplug: (host) => inside(host, 'link', 'set', 'eth0', 'down'),
    plug: (host) => inside(host, 'link', 'set', 'eth0', 'up'),
    block: (from, target) => inside(from, 'route', 'replace', 'blackhole', `${target}/32`),
    unblock: (from, target) => inside(from, 'route', 'del', 'blackhole', `${target}/32`),
    killAll,
    close() {
      remove();
      forget();
    },
  };
}

function join(host: LabAddress, bridge: string, cable: string): void {
  const { namespace, ip: address } = host;
  ip('netns', 'add', namespace);
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  ip('link', 'set', cable, 'master', bridge, 'up');
  inside(host, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  inside(host, 'link', 'set', 'eth0', 'up');
  inside(host, 'link', 'set', 'lo', 'up');
}

/** The end of a host's cable that is in the bridge. */
function cableOf(bridge: string, index: number): string {
  return `${bridge}v${index}`;
}

/** A bridge whose number no other lab on this machine has: two may begin at once. */
function newBridge(): { id: number; bridge: string; subnet: string } {
  for (let tries = 0; tries < 100; tries++) {
    const id = 1 + Math.floor(Math.random() * 250);
    const bridge = `pgh${id}`;
    const taken = ip('-o', 'link', 'show') + ip('netns', 'list');
    if (new RegExp(`\\b${bridge}(?!\\d)`).test(taken)) continue;
    if (tryIp('link', 'add', bridge, 'type', 'bridge') !== undefined) {
      return { id, bridge, subnet: `10.213.${id}` };
    }
  }
  throw new Error('There is no free network for a lab');
}

function killAll({ namespace }: LabAddress): void {
  // Until none is left: a process may have been born between the list and the signal.
  for (let tries = 0; tries < 50; tries++) {
    const pids = (tryIp('netns', 'pids', namespace) ?? '').split('\n').filter(Boolean).map(Number);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

function inside({ namespace }: LabAddress, ...args: string[]): void {
  ip('-n', namespace, ...args);
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Undefined: it failed. */
function tryIp(...args: string[]): string | undefined {
  try {
    return ip(...args);
  } catch {
    return undefined;
  }
}
