import type { AgentSettings } from '../../../../src/config/agent-settings.ts';
import type { Json } from '../../../../src/model/json.ts';

type JsonMap = Readonly<Record<string, Json>>;

const USERS = { replication: { username: 'replicator', password: 'rep' } };

/** Settings as `loadAgentSettings` gives them, with this `postgresql` section and the rest usual. */
export function settingsOf(postgresql: JsonMap, more: Partial<AgentSettings> = {}): AgentSettings {
  return {
    scope: 'demo',
    name: 'pg1',
    namespace: '/service',
    store: { kind: 'none' },
    restApi: REST_API,
    restClient: { tls: { insecure: false } },
    tags: {},
    watchdog: { mode: 'automatic', device: '/dev/watchdog', safetyMargin: 5 },
    fence: 'required',
    stateDir: undefined,
    log: LOG,
    bootstrap: {
      ...{ dcs: { ttl: 30 }, initdbOptions: [], pgHba: undefined, postBootstrap: undefined },
      method: undefined,
    },
    postgresql: {
      ...{ listen: '10.0.0.1:5432', connect_address: '10.0.0.1:5432', data_dir: '/data' },
      ...{ authentication: USERS, ...postgresql },
    },
    surroundings: { user: 'pg', home: '/home/pg', cwd: '/work' },
    sources: [],
    raw: {},
    warnings: [],
    ...more,
  };
}

const REST_API: AgentSettings['restApi'] = {
  ...{ listenHost: '10.0.0.1', listenPort: 8008, connectAddress: '10.0.0.1:8008' },
  ...{ username: undefined, password: undefined, certfile: undefined, keyfile: undefined },
  ...{ keyfilePassword: undefined, cafile: undefined, ciphers: undefined, verifyClient: 'none' },
  ...{ allowlist: [], allowlistIncludeMembers: false, httpExtraHeaders: {} },
  ...{ httpsExtraHeaders: {}, serverTokens: 'original', requestQueueSize: 5 },
};

const LOG: AgentSettings['log'] = {
  ...{ type: 'plain', level: 'INFO', tracebackLevel: 'ERROR', format: undefined },
  ...{ dateformat: undefined, staticFields: {}, dir: undefined, fileNum: 4, fileSize: 25_000_000 },
  ...{ mode: undefined, maxQueueSize: 1000, loggers: {}, deduplicateHeartbeatLogs: false },
};
