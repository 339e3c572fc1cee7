import type { AgentDcs } from '../../../src/dcs/agent-dcs.ts';
import { Endpoints } from '../../../src/dcs/endpoints.ts';
import { tokenKeeper } from '../../../src/dcs/etcd3/auth.ts';
import { Etcd3Session } from '../../../src/dcs/etcd3/session/session.ts';
import { FakeEtcd, fakeServer, type Weather } from './fake-etcd.ts';
import { type HandClock, handClock } from './hand-clock.ts';

/** Milliseconds between two ticks. */
export const LOOP_MS = 10_000;

/** Where a session outlives its agent. */
export interface Disk {
  session?: string;
}

/** An agent on an etcd in memory; `servers`: the weather at each of its servers. */
export function sessionRoom(servers: readonly Weather[] = [{}]) {
  const clock = handClock();
  const etcd = new FakeEtcd();
  const disk: Disk = {};
  const nodes = servers.map((weather, index) =>
    fakeServer(etcd, `http://e${index + 1}:2379`, weather),
  );
  const connect = (name = 'pg1', own: Disk = disk): Etcd3Session => {
    const endpoints = new Endpoints(nodes, { clock, callTimeoutMs: 5000, warn: () => {} });
    const link = { nodes, endpoints, withToken: tokenKeeper(undefined) };
    const keep = (id: string): void => {
      own.session = id;
    };
    return new Etcd3Session({
      namespace: '/service',
      scope: 'demo',
      name,
      link: async () => link,
      memory: { load: () => own.session, keep },
      clock,
      timeoutMs: () => 5000,
      loopWaitMs: () => LOOP_MS,
    });
  };
  return { clock, etcd, disk, connect, dcs: connect() };
}

/** Begins a watch, and waits until it cannot go on by itself. */
export async function watch(dcs: AgentDcs, clock: HandClock) {
  const abort = new AbortController();
  const state: { end?: unknown } = {};
  dcs.watch(abort.signal).then(
    () => {
      state.end = 'news';
    },
    (error: unknown) => {
      state.end = error;
    },
  );
  await clock.advance(0);
  return { state, abort };
}

/** Names and values of the documents of the cluster, in the order of their keys. */
export function clusterDocuments(state: ReadonlyMap<string, string> = new Map()): string[][] {
  const prefix = '/service/demo/';
  return [...state]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value])
    .sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
}
