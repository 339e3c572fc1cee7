import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patroniProgram, pgherdProgram } from './agent-programs.ts';
import { Member } from './member.ts';
import { memberConfig } from './patroni-config.ts';
import { freePorts } from './ports.ts';
import { atExit, giveToServerUser, waitFor } from './processes.ts';
import { type Output, type RunOptions, runPatronictl } from './run.ts';
import { type PatroniInstall, patroni, postgresBinaries } from './servers.ts';

export interface ClusterOptions {
  /** Patroni's minor version, e.g. 4.0; default 4.1, the reference. */
  readonly version?: string;
  /** Whose agents run it; default Patroni's. */
  readonly agents?: 'patroni' | 'pgherd';
  /** How many members: pg1, pg2, … Default 3. pg1 is the first leader. */
  readonly members?: number;
  /** etcd's client URL. */
  readonly etcdUrl: string;
  readonly scope?: string;
  /** Dynamic settings at bootstrap, over quick ones (ttl 20, loop_wait 1). */
  readonly dcs?: Readonly<Record<string, unknown>>;
  /** Member → its tags. */
  readonly tags?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Sections of every member's patroni.yml, e.g. `restapi.authentication`. */
  readonly sections?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A member as a running agent sees it (GET /cluster). */
export interface ViewMember {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
  readonly [key: string]: unknown;
}

export interface Cluster {
  readonly scope: string;
  /** The Patroni that it runs, or whose patronictl steers it. */
  readonly install: PatroniInstall;
  /** The first member's patroni.yml. */
  readonly configFile: string;
  readonly directory: string;
  readonly members: readonly Member[];
  member(name: string): Member;
  /** Runs this version's own patronictl, with `-c` given. */
  patronictl(args: readonly string[], options?: RunOptions): Promise<Output>;
  view(): Promise<ViewMember[]>;
  /** The name of the leader, as a running agent sees it. */
  leader(): Promise<string>;
  /** Waits until the agents that run have one leader, and its replicas stream from it. */
  settled(timeoutMs?: number): Promise<ViewMember[]>;
  /** Ends everything and removes the directory. */
  stop(): Promise<void>;
}

/** Starts a cluster on free loopback ports and waits until all is well. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const install = patroni(options.version ?? '4.1');
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-'));
  const program = options.agents === 'pgherd' ? pgherdProgram() : patroniProgram(install);
  const names = Array.from({ length: options.members ?? 3 }, (_, index) => `pg${index + 1}`);
  const ports = await freePorts(names.length * 2);
  const members = names.map((name, index) => {
    const postgresPort = ports[index * 2] ?? 0;
    const restPort = ports[index * 2 + 1] ?? 0;
    const configFile = join(directory, `${name}.yml`);
    const restUrl = `http://127.0.0.1:${restPort}`;
    writeFileSync(
      configFile,
      memberConfig({
        scope: options.scope ?? 'demo',
        name,
        etcd: new URL(options.etcdUrl).host,
        restPort,
        postgresPort,
        directory,
        binaries: postgresBinaries(),
        dcs: options.dcs ?? {},
        tags: options.tags?.[name] ?? {},
        sections: options.sections ?? {},
      }),
    );
    return new Member({ name, directory, configFile, restUrl, postgresPort, program });
  });
  giveToServerUser(directory);
  const cluster = clusterOf(options.scope ?? 'demo', install, members);
  return bringUp(cluster);
}

function clusterOf(scope: string, install: PatroniInstall, members: readonly Member[]): Cluster {
  const [first] = members;
  if (!first) throw new Error('A cluster has at least one member');
  const { configFile, directory } = first.place;
  const destroy = (): void => {
    for (const member of members) member.killNow();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  const forget = atExit(destroy);
  return {
    scope,
    install,
    directory,
    configFile,
    members,
    member(name) {
      const found = members.find((member) => member.name === name);
      if (!found) throw new Error(`There is no member ${name}`);
      return found;
    },
    patronictl: (args, options) => runPatronictl(install, ['-c', configFile, ...args], options),
    view: () => readView(members),
    leader: async () => (await readView(members)).find(isLeader)?.name ?? '',
    settled: (timeoutMs = 90_000) =>
      waitFor(`${scope} to settle`, () => settledView(members, install), timeoutMs),
    async stop() {
      await Promise.all(members.map((member) => member.kill()));
      destroy();
      forget();
    },
  };
}

/** The first member leads; the others copy from it. */
async function bringUp(cluster: Cluster): Promise<Cluster> {
  const [first, ...others] = cluster.members;
  try {
    first?.start();
    await waitFor('the first leader', async () => {
      return (await fetch(`${first?.place.restUrl}/leader`)).ok;
    });
    for (const member of others) member.start();
    await cluster.settled();
    return cluster;
  } catch (error) {
    const logs = cluster.members.map((member) => `--- ${member.name}\n${member.logTail()}`);
    await cluster.stop();
    throw new Error([String(error), ...logs].join('\n'));
  }
}

function isLeader(member: ViewMember): boolean {
  return /leader/.test(member.role);
}

async function readView(members: readonly Member[]): Promise<ViewMember[]> {
  for (const { place } of members.filter((member) => member.isRunning)) {
    const signal = AbortSignal.timeout(2000);
    const reply = await fetch(`${place.restUrl}/cluster`, { signal }).catch(() => undefined);
    if (reply?.ok) return ((await reply.json()) as { members: ViewMember[] }).members;
  }
  throw new Error('no agent answers');
}

async function settledView(
  members: readonly Member[],
  install: PatroniInstall,
): Promise<ViewMember[] | undefined> {
  const started = members.filter((member) => member.isRunning).map((member) => member.name);
  const view = (await readView(members)).filter((member) => started.includes(member.name));
  const [leader, ...more] = view.filter(isLeader);
  if (!leader || more.length > 0 || view.length !== started.length) return undefined;
  // Before 3.1 a replica that streams says "running".
  const good = install.version.startsWith('3.0.') ? 'running' : 'streaming';
  const settled = view.every(
    (member) =>
      member.timeline === leader.timeline &&
      member.state === (member === leader ? 'running' : good) &&
      (member === leader || isNear(member)),
  );
  return settled ? view : undefined;
}

/** A replica that has just begun to stream may lack a whole segment of WAL for a moment. */
function isNear({ lag }: ViewMember): boolean {
  return lag === undefined || Number(lag) < 1_000_000;
}
