import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { readDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, startCluster } from '../harness/patroni.ts';
import { newestEtcd } from '../harness/servers.ts';
import { type Live, live } from './live.ts';

/** A password that the REST API wants, so that every order is given with it. */
export const AUTHENTICATION = { username: 'operator', password: 'rest-secret' };

/** A live cluster of Patroni 4.1 for one test file, named `demo`. */
export interface Fixture {
  readonly pgherd: Live;
  cluster(): Cluster;
  etcdUrl(): string;
  /** The leader, and the others by name. */
  roles(): Promise<{ leader: string; replicas: string[] }>;
  /** The text of one of the cluster's documents. */
  document(name: string): Promise<string | undefined>;
  /** Writes a file into a directory that is removed in the end; returns its path. */
  file(name: string, text: string): string;
}

/** Starts a cluster before the tests of the file; after each test it is made well again. */
export function liveCluster(): Fixture {
  let etcd: RunningEtcd;
  let cluster: Cluster;
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-'));

  beforeAll(async () => {
    etcd = await startEtcd({ version: newestEtcd() });
    const sections = { restapi: { authentication: AUTHENTICATION } };
    cluster = await startCluster({ etcdUrl: etcd.clientUrl, sections });
  });

  afterEach(async () => {
    for (const member of cluster.members) {
      member.thaw();
      if (!member.isRunning) member.start();
    }
    await cluster.settled();
  });

  afterAll(async () => {
    await cluster?.stop();
    await etcd?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  return {
    pgherd: live(() => cluster),
    cluster: () => cluster,
    etcdUrl: () => etcd.clientUrl,
    async roles() {
      const leader = await cluster.leader();
      const names = cluster.members.map(({ name }) => name);
      return { leader, replicas: names.filter((name) => name !== leader) };
    },
    document: async (name) => (await readDocuments(etcd.clientUrl, 'demo'))[name],
    file(name, text) {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    },
  };
}
