import { readFile } from 'node:fs/promises';
import type { Agent } from '../agent/agent.ts';
import type { AgentSettings } from '../config/agent-settings.ts';
import type { AgentCall } from '../dcs/agent-dcs.ts';
import { NodeFence } from '../fence/node-fence.ts';
import { PostgresServer } from '../postgres/server.ts';
import { type OpenPeers, openPeers } from '../rest/peers.ts';
import type { RestBackend } from '../rest/server/backend.ts';
import { RestServer } from '../rest/server/server.ts';
import type { AgentTime } from '../system/agent-clock.ts';
import type { Log } from '../system/log/log.ts';
import type { LocalConfiguration } from './local-configuration.ts';
import { releaseCommand } from './release/command.ts';
import { restBackend } from './rest-backend.ts';

/** What the parts of a node are made with. */
export interface PartsMeans {
  readonly configuration: LocalConfiguration;
  readonly stateDir: string;
  readonly log: Log;
  readonly clock: AgentTime;
  readonly agent: () => Agent;
  /** How long a call to the store may take now, in milliseconds. */
  readonly timeoutOf: (call: AgentCall) => number;
}

/** True when the REST API of this node has a certificate. */
export function servesHttps({ restApi }: Pick<AgentSettings, 'restApi'>): boolean {
  return restApi.certfile !== undefined;
}

/** The guard and the watchdog of this node; the agent is woken by what befalls them. */
export function makeFence({ configuration, stateDir, log, clock, agent }: PartsMeans): NodeFence {
  const { settings, postgres } = configuration;
  const say = log.logger('pgherd.fence').info;
  return new NodeFence({
    mode: settings.fence,
    guard: {
      stateDirectory: stateDir,
      dataDirectory: postgres.dataDir,
      monotonic: clock.monotonic,
      onChange: () => agent().rouse(),
      say,
      releaser: releaseCommand(stateDir),
    },
    watchdog: {
      config: () => {
        const { ttl, loopWait } = agent().state().settings;
        return { ...configuration.settings.watchdog, ttl, loopWait };
      },
      say,
    },
  });
}

/** The other members. */
export function makePeers({ configuration, log, timeoutOf }: PartsMeans): OpenPeers {
  const logger = log.logger('pgherd.peers');
  const { settings } = configuration;
  return openPeers({
    settings: settings.restClient,
    readFile,
    https: servesHttps(settings),
    failsafeMs: () => timeoutOf('renew'),
    log: (level, text) => logger[level](text),
  });
}

/** PostgreSQL of this node; the agent is woken when it ends. */
export function makeServer({ configuration, stateDir, log, agent }: PartsMeans): PostgresServer {
  const logger = log.logger('pgherd.postgres');
  return new PostgresServer({
    config: () => configuration.postgres,
    bootstrap: () => configuration.settings.bootstrap,
    adopt: (dynamic) => configuration.adoptDynamic(dynamic),
    stateDir,
    log: (line, level = 'info') => logger[level](line),
    onChange: () => agent().rouse(),
    forbids: (spec) => agent().forbids(spec),
  });
}

/** The REST API of this node. */
export function makeRest(
  { configuration, log, clock, agent }: PartsMeans,
  more: Pick<RestBackend, 'dcs' | 'peers' | 'reload'>,
): RestServer {
  const logger = log.logger('pgherd.rest');
  const backend = restBackend({
    ...more,
    agent: agent(),
    node: () => configuration.node,
    scope: configuration.settings.scope,
    clock,
    agentLog: log,
    log: (level, text) => logger[level](text),
  });
  return new RestServer(backend, readFile);
}
