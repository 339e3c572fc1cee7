import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, type LedgerResult } from '../clients/ledger.ts';
import type { AgentProgram } from '../harness/agent-programs.ts';
import { atExit, giveToServerUser, waitFor } from '../harness/processes.ts';
import { removeSharedMemoryOf } from '../harness/shared-memory.ts';
import { labConfig } from './config.ts';
import { LabHost } from './host.ts';
import { type LabAddress, openNetwork } from './network.ts';
import { LabStore } from './store.ts';

export interface LabOptions {
  readonly program: AgentProgram;
  readonly etcd: '3.4' | '3.5';
  /** The programs of PostgreSQL. */
  readonly binaries: string;
  /** How many members: pg1, pg2, …. Default 3. */
  readonly members?: number;
  /** Dynamic settings at bootstrap, over the lab's own. */
  readonly dcs?: Readonly<Record<string, unknown>>;
  /** The file has no section `bootstrap`. */
  readonly plain?: boolean;
  /** The section that names etcd; default `etcd3`. */
  readonly store?: 'etcd3' | 'etcd';
  /** etcd has its v2 API switched on. */
  readonly v2?: boolean;
  /** Sections of every member's configuration file, merged over the lab's own. */
  readonly sections?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A member as an agent reports it (`GET /cluster`). */
export interface SeenMember {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
  readonly lag?: number | string;
}

/** A cluster on hosts of its own: one etcd, and members with an agent each. */
export class Lab {
  readonly directory: string;
  readonly hosts: readonly LabHost[];
  readonly store: LabStore;
  readonly network: ReturnType<typeof openNetwork>;
  readonly #forget: () => void;
  readonly #synchronous: boolean;

  constructor(options: LabOptions) {
    const names = Array.from({ length: options.members ?? 3 }, (_, index) => `pg${index + 1}`);
    const mode = options.dcs?.synchronous_mode;
    this.#synchronous = mode !== undefined && mode !== false && mode !== 'off';
    this.directory = mkdtempSync(join(tmpdir(), 'pgherd-lab-'));
    this.network = openNetwork([...names, 'etcd']);
    this.#forget = atExit(() => this.#remove());
    this.store = new LabStore(this.#address('etcd'), join(this.directory, 'etcd'), options);
    this.hosts = names.map((name) => this.#makeHost(name, options));
    giveToServerUser(this.directory);
  }

  host(name: string): LabHost {
    const found = this.hosts.find((host) => host.name === name);
    if (!found) throw new Error(`There is no host ${name}`);
    return found;
  }

  /** Starts etcd and the first member, then the others, and waits until all is well. */
  async start(): Promise<void> {
    await this.store.start();
    const [first, ...others] = this.hosts;
    first?.start();
    await waitFor('the first leader', async () => (await first?.get('leader'))?.status === 200);
    for (const host of others) host.start();
    await this.settled();
  }

  /** Starts etcd and all members at the same time: they race for the bootstrap. */
  async startAtOnce(): Promise<void> {
    await this.store.start();
    for (const host of this.hosts) host.start();
    await this.settled();
  }

  /** What the first agent that answers says of the cluster. */
  async members(): Promise<readonly SeenMember[]> {
    for (const host of this.hosts.filter(({ agentRuns }) => agentRuns)) {
      const reply = await host.get('cluster');
      if (reply?.status === 200) return JSON.parse(reply.body).members;
    }
    throw new Error('no agent answers');
  }

  /** The leader of which an agent says so, and which says so itself. */
  async leader(): Promise<LabHost> {
    return waitFor('a leader', async () => {
      const name = (await this.members()).find(({ role }) => /leader/.test(role))?.name;
      const host = name === undefined ? undefined : this.host(name);
      return (await host?.get('leader'))?.status === 200 ? host : undefined;
    });
  }

  /** Waits until another one leads. */
  otherLeader(former: LabHost): Promise<LabHost> {
    return waitFor(
      `another leader than ${former.name}`,
      async () => {
        for (const host of this.hosts) {
          if (host !== former && (await host.get('primary'))?.status === 200) return host;
        }
        return undefined;
      },
      120_000,
    );
  }

  /** Members that are no leader, in their order. */
  async standbys(): Promise<LabHost[]> {
    const leader = await this.leader();
    return this.hosts.filter((host) => host !== leader);
  }

  /** Waits until every agent that runs has its member in a cluster with one leader that it follows. */
  async settled(timeoutMs = 180_000): Promise<readonly SeenMember[]> {
    const running = (): string[] =>
      this.hosts.filter(({ agentRuns }) => agentRuns).map(({ name }) => name);
    try {
      return await waitFor(
        'the cluster to settle',
        async () => {
          const wanted = running();
          const seen = (await this.members()).filter(({ name }) => wanted.includes(name));
          const leaders = seen.filter(({ role }) => /leader/.test(role));
          const [leader] = leaders;
          if (!leader || leaders.length > 1 || seen.length !== wanted.length) return undefined;
          const fine = seen.every((member) => isFine(member, leader));
          // Without one nobody could take over.
          const safe = seen.some(({ role }) => /^(sync|quorum)_standby$/.test(role));
          if (this.#synchronous && seen.length > 1 && !safe) return undefined;
          const answers = await this.host(leader.name).get('primary');
          if (!fine || answers?.status !== 200) return undefined;
          return (await this.#stream(leader.name, wanted)) ? seen : undefined;
        },
        timeoutMs,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${await this.report()}`);
    }
  }

  /**
   * True when PostgreSQL itself says that all standbys stream. Documents are older: after a restart
   * of the leader a standby comes back after five seconds (`wal_retrieve_retry_interval`), and one
   * that lags that much may never get its WAL from a leader that is a fresh copy.
   */
  async #stream(leader: string, wanted: readonly string[]): Promise<boolean> {
    const sql = "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'";
    const rows = await this.host(leader)
      .sql(sql)
      .catch(() => []);
    const there = new Set(rows.map(([name]) => name));
    return wanted.every((name) => name === leader || there.has(name));
  }

  /** Changes the dynamic configuration through the leader's REST API. */
  async configure(patch: Readonly<Record<string, unknown>>): Promise<void> {
    const leader = await this.leader();
    const reply = await fetch(`${leader.restUrl}/config`, {
      method: 'PATCH',
      body: JSON.stringify(patch),
    });
    if (!reply.ok) throw new Error(`PATCH /config: ${reply.status} ${await reply.text()}`);
  }

  /** Clients on every server from now on. */
  async ledger(): Promise<Ledger> {
    const servers = this.hosts.map(({ name, socketDirectory }) => {
      return { name, socketDirectory, port: 5432 };
    });
    const ledger = new Ledger(servers);
    await ledger.open((await this.leader()).name);
    await ledger.progress();
    return ledger;
  }

  /** Ends the clients and says what came of them. */
  async close(ledger: Ledger): Promise<LedgerResult> {
    return ledger.close((await this.leader()).name);
  }

  /** What can be known of every member, for the message of a test that failed. */
  async report(): Promise<string> {
    const parts = this.hosts.map(async (host) => {
      const says = (await host.get('patroni'))?.body ?? 'its agent does not answer';
      return [`--- ${host.name}`, host.logTail(), says, host.postgresLogTail()].join('\n');
    });
    return (await Promise.all(parts)).join('\n');
  }

  /** Ends everything and removes what is left. */
  stop(): void {
    this.#remove();
    this.#forget();
  }

  #remove(): void {
    for (const host of this.hosts) host.unsupervise();
    this.network.close();
    for (const { dataDirectory } of this.hosts) removeSharedMemoryOf(dataDirectory);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  #address(name: string): LabAddress {
    const found = this.network.hosts.find((host) => host.name === name);
    if (!found) throw new Error(`There is no host ${name}`);
    return found;
  }

  #makeHost(name: string, options: LabOptions): LabHost {
    const { program, binaries, dcs = {}, sections = {}, store = 'etcd3', plain } = options;
    const directory = join(this.directory, name);
    mkdirSync(directory);
    const address = this.#address(name);
    const { network } = this;
    const configFile = join(directory, 'patroni.yml');
    const subnet = `${address.ip.replace(/\d+$/, '0')}/24`;
    const { ip } = address;
    const text = labConfig({
      ...{ name, ip, subnet, directory, binaries, sections, store },
      dcs: plain ? undefined : dcs,
      etcd: this.store.host,
    });
    writeFileSync(configFile, text, { mode: 0o600 });
    return new LabHost({ address, network, directory, program, configFile, binaries });
  }
}

function isFine(member: SeenMember, leader: SeenMember): boolean {
  if (member.timeline !== leader.timeline) return false;
  return member.state === (member === leader ? 'running' : 'streaming');
}
