import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Agent } from '../agent/agent.ts';
import type { AgentPorts, Recollection } from '../agent/ports.ts';
import type { AgentSettings } from '../config/agent-settings.ts';
import { type AgentStore, openAgentDcs } from '../dcs/open-agent.ts';
import type { NodeFence } from '../fence/node-fence.ts';
import type { ClusterConfig } from '../model/cluster.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { OpenPeers } from '../rest/peers.ts';
import type { RestServer } from '../rest/server/server.ts';
import { agentClock } from '../system/agent-clock.ts';
import type { Log } from '../system/log/log.ts';
import { parseConfig } from '../wire/config.ts';
import { storeTimeout } from './call-limits.ts';
import { LocalConfiguration } from './local-configuration.ts';
import {
  makeFence,
  makePeers,
  makeRest,
  makeServer,
  type PartsMeans,
  servesHttps,
} from './node-parts.ts';
import { logContext } from './open-log.ts';
import { presentRole } from './present-role.ts';
import { fileRecollection } from './recollection.ts';
import { writeNotes } from './release/notes.ts';
import { fileSessionMemory } from './release/session-files.ts';
import { openStateDir } from './state-dir.ts';
import type { Notifier } from './systemd.ts';
import { tickLog } from './tick-log.ts';
import { checkUniqueName } from './unique-name.ts';

export interface NodeProgramOptions {
  readonly settings: AgentSettings;
  readonly log: Log;
  readonly notifier: Notifier;
  /** Reads the local configuration again; rejects with a `Refusal`. */
  readonly readSettings: () => Promise<AgentSettings>;
}

const REST_GRACE_MS = 1000;

/** One node of a cluster: the agent, and all that it stands on. */
export class NodeProgram {
  readonly #options: NodeProgramOptions;
  readonly #stateDir: string;
  readonly #recollection: Recollection;
  readonly #configuration: LocalConfiguration;
  readonly #clock = agentClock();
  readonly #fence: NodeFence;
  readonly #dcs: AgentStore;
  readonly #peers: OpenPeers;
  readonly #server: PostgresServer;
  readonly #agent: Agent;
  readonly #rest: RestServer;
  #exitCode = 0;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(options: NodeProgramOptions, stateDir: string, dcs: AgentStore) {
    this.#options = options;
    this.#stateDir = stateDir;
    const { settings, log } = options;
    const { scope, name } = settings;
    const { warning: warn } = log.logger('pgherd');
    this.#recollection = fileRecollection({ stateDir, scope, name, warn });
    this.#configuration = new LocalConfiguration(settings, knownConfig(this.#recollection));
    this.#dcs = dcs;
    const means: PartsMeans = {
      configuration: this.#configuration,
      ...{ stateDir, log, clock: this.#clock },
      // They speak of the agent only after it is there.
      agent: () => this.#agent,
      timeoutOf: (call) => this.timeoutOf(call),
    };
    this.#fence = makeFence(means);
    this.#peers = makePeers(means);
    this.#server = makeServer(means);
    this.#agent = new Agent(this.#ports());
    this.#rest = makeRest(means, { dcs, peers: this.#peers, reload: () => this.reload() });
  }

  /**
   * Puts a node together. Nothing runs yet. Rejects with a `Refusal` when the configuration cannot
   * be used on this machine.
   */
  static async open(options: NodeProgramOptions): Promise<NodeProgram> {
    const { settings, log } = options;
    const own = log.logger('pgherd');
    const { dataDir } = new LocalConfiguration(settings).postgres;
    const where = { dataDir, configured: settings.stateDir, tmpDir: tmpdir() };
    const { path, warnings } = openStateDir({ ...where, uid: process.getuid?.() ?? 0 });
    for (const warning of warnings) own.warning(warning);
    const { scope, name, store, namespace } = settings;
    const memory = fileSessionMemory({ stateDir: path, scope, name, warn: own.warning });
    // Its limits go by what the agent knows, which comes after it.
    let program: NodeProgram | undefined;
    const dcs = await openAgentDcs(
      { store, namespace, scope, name },
      {
        memory,
        timeoutMs: (call) => program?.timeoutOf(call) ?? storeTimeout(call, {}),
        loopWaitMs: () => (program?.agent.state().settings.loopWait ?? 10) * 1000,
        warn: log.logger('pgherd.dcs').warning,
        readFile,
      },
    );
    program = new NodeProgram(options, path, dcs);
    return program;
  }

  get agent(): Agent {
    return this.#agent;
  }

  /** How long a call to the store may take, in milliseconds. */
  timeoutOf(call: Parameters<typeof storeTimeout>[0]): number {
    const { settings, leaseUntil } = this.#agent.state();
    return storeTimeout(call, { settings, leaseUntil, now: this.#clock.monotonic() });
  }

  /** Runs until it is told to end. Resolves with the exit code; rejects with a `Refusal`. */
  async run(): Promise<number> {
    const { notifier } = this.#options;
    const { scope, name } = this.#configuration.settings;
    try {
      await checkUniqueName({ scope, name, dcs: this.#dcs, peers: this.#peers });
      await this.#rest.apply(this.#configuration.settings.restApi);
      this.#writeNotes();
      // Not before: an agent that is refused leaves no guard behind.
      this.#fence.start();
      await this.#fence.ready();
      notifier.ready();
      await this.#agent.run();
    } finally {
      await this.#close();
    }
    return this.#exitCode;
  }

  /** SIGTERM: PostgreSQL stops, the lock is given away, and the program ends. */
  shutdown(): void {
    this.#options.notifier.stopping();
    void this.#agent.order({ kind: 'shutdown' });
  }

  /** The loop ends after its present tick; PostgreSQL and the lock stay as they are. */
  stopAtOnce(): void {
    this.#agent.stop();
  }

  /** SIGHUP and `POST /reload`: one after the other. What cannot be used changes nothing. */
  reload(): void {
    const log = this.#options.log.logger('pgherd');
    this.#reloading = this.#reloading
      .then(() => this.#reload())
      .catch((error: unknown) => log.error('The configuration was not read again', error));
  }

  async #reload(): Promise<void> {
    const { notifier, log, readSettings } = this.#options;
    notifier.reloading();
    try {
      const settings = await readSettings();
      this.#configuration.adoptLocal(settings);
      log.configure(logContext(settings));
      for (const warning of settings.warnings) log.logger('pgherd').warning(warning);
      await this.#rest.apply(settings.restApi);
      this.#peers.reload({ settings: settings.restClient, https: servesHttps(settings) });
      await this.#dcs.reload(settings.store);
      this.#writeNotes();
      await this.#server.reload();
    } finally {
      notifier.ready();
      this.#agent.rouse();
    }
  }

  /** For the program that gives the lock away when this one is dead. */
  #writeNotes(): void {
    const { settings, postgres } = this.#configuration;
    const { scope, name, namespace, store } = settings;
    const { warning: warn } = this.#options.log.logger('pgherd');
    const { dataDir } = postgres;
    writeNotes({ stateDir: this.#stateDir, scope, name, warn }, { namespace, store, dataDir });
  }

  async #close(): Promise<void> {
    await this.#rest.close(REST_GRACE_MS);
    await this.#server.close();
    await this.#fence.close();
  }

  #ports(): AgentPorts {
    const configuration = this.#configuration;
    const log = this.#options.log.logger('pgherd.agent');
    const { monotonic } = this.#clock;
    const say = tickLog({
      ...{ log, monotonic, notifier: this.#options.notifier },
      deduplicate: () => configuration.settings.log.deduplicateHeartbeatLogs,
    });
    return {
      get node() {
        return configuration.node;
      },
      scope: configuration.settings.scope,
      dcs: this.#dcs,
      server: this.#server,
      peers: this.#peers,
      fence: this.#fence,
      clock: this.#clock,
      recollection: this.#recollection,
      random: Math.random,
      record: (tick) => {
        say(tick);
        const role = presentRole(this.#agent.state(), monotonic());
        if (role !== undefined) this.#server.introduce(role);
      },
      exit: (code) => {
        this.#exitCode = code;
      },
    };
  }
}

/** The dynamic configuration as the agent before this one saw it last. */
function knownConfig(recollection: Recollection): ClusterConfig['data'] | undefined {
  const documents = recollection.load()?.documents;
  const config = documents?.find(({ name, group }) => name === 'config' && group === undefined);
  return config && parseConfig(config.value, config.version).config.data;
}
