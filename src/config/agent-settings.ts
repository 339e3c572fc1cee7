import type { Json } from '../model/json.ts';
import type { Tags } from '../model/member.ts';
import type { BootstrapConfig } from '../model/postgres-config.ts';
import type { RestSettings, StoreSettings } from './settings.ts';

/** All that an agent takes from its configuration file and from the environment. */
export interface AgentSettings {
  readonly scope: string;
  readonly name: string;
  readonly namespace: string;
  readonly store: StoreSettings;
  /** The REST API that this agent serves. */
  readonly restApi: RestApiSettings;
  /** How it talks to the other members' REST APIs. */
  readonly restClient: RestSettings;
  readonly tags: Tags;
  readonly watchdog: WatchdogSettings;
  /** `pgherd.fence`: whether a primary needs a living guard; `required` when not given. */
  readonly fence: 'required' | 'preferred' | 'off';
  /** `pgherd.state_dir`: what the agent keeps for the one after it; undefined: beside the data. */
  readonly stateDir: string | undefined;
  readonly log: LogSettings;
  readonly bootstrap: BootstrapConfig;
  /** The local `postgresql` section as it is written; see `effectivePostgres`. */
  readonly postgresql: Readonly<Record<string, Json>>;
  readonly surroundings: Surroundings;
  /** Files that were read, `environment`, `PATRONI_CONFIGURATION`. */
  readonly sources: readonly string[];
  /** Files and environment merged. */
  readonly raw: Readonly<Record<string, Json>>;
  /** One sentence each, for the log. */
  readonly warnings: readonly string[];
}

/** What the configuration leaves to the place where the agent runs. */
export interface Surroundings {
  /** The operating system's user, PostgreSQL's default for a user; undefined: it has no name. */
  readonly user: string | undefined;
  readonly home: string;
  /** What relative paths are relative to. */
  readonly cwd: string;
}

/** `restapi` of the configuration. */
export interface RestApiSettings {
  /** Address and port to listen on; the host `''` or `*` means all, of both families. */
  readonly listenHost: string;
  readonly listenPort: number;
  /** `host:port` that the other members use. */
  readonly connectAddress: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** With a certificate it speaks HTTPS only. */
  readonly certfile: string | undefined;
  readonly keyfile: string | undefined;
  readonly keyfilePassword: string | undefined;
  readonly cafile: string | undefined;
  readonly ciphers: string | undefined;
  readonly verifyClient: 'none' | 'optional' | 'required';
  /** Host names, addresses and CIDR ranges; empty: everybody. */
  readonly allowlist: readonly string[];
  readonly allowlistIncludeMembers: boolean;
  readonly httpExtraHeaders: Readonly<Record<string, string>>;
  readonly httpsExtraHeaders: Readonly<Record<string, string>>;
  readonly serverTokens: 'minimal' | 'productonly' | 'original';
  readonly requestQueueSize: number;
}

/** `watchdog` of the configuration. */
export interface WatchdogSettings {
  readonly mode: 'off' | 'automatic' | 'required';
  readonly device: string;
  /** Seconds; -1: half of `ttl`. */
  readonly safetyMargin: number;
}

/** `log` of the configuration. */
export interface LogSettings {
  readonly type: 'plain' | 'json';
  /** Python's names: `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`. */
  readonly level: string;
  /** `ERROR`: every error has its stack trace; `DEBUG`: only where the level is `DEBUG`. */
  readonly tracebackLevel: string;
  readonly format: string | readonly Json[] | undefined;
  readonly dateformat: string | undefined;
  readonly staticFields: Readonly<Record<string, Json>>;
  /** Undefined: to standard error. */
  readonly dir: string | undefined;
  readonly fileNum: number;
  /** Bytes. */
  readonly fileSize: number;
  /** Octal permission bits of the file. */
  readonly mode: number | undefined;
  readonly maxQueueSize: number;
  readonly loggers: Readonly<Record<string, string>>;
  readonly deduplicateHeartbeatLogs: boolean;
}
