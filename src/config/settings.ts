import type { Json } from '../model/json.ts';

/** All that the CLI takes from files, environment and flags. */
export interface CtlSettings {
  /** `scope`: the cluster meant when none is named. */
  readonly scope?: string;
  readonly namespace: string;
  /** Present when the configuration has a valid `citus` section. */
  readonly citus?: { readonly group: number; readonly database: string };
  readonly store: StoreSettings;
  readonly rest: RestSettings;
  /** Where the settings came from, for messages: file names, `environment`, `--dcs-url`. */
  readonly sources: readonly string[];
  /** The files and the environment merged, for what has no place above (`postgresql`, …). */
  readonly raw: Readonly<Record<string, Json>>;
  /** Files with passwords that everybody on this machine may read. */
  readonly exposed: readonly string[];
  /** Sentences for the user: a deprecated key, a section that was ignored. */
  readonly warnings: readonly string[];
  /** `--timeout`-less deadline of one DCS or REST call, in milliseconds. */
  readonly callTimeoutMs: number;
}

/** Which store to talk to. `none`: the configuration names no store. */
export type StoreSettings =
  | EtcdSettings
  | { readonly kind: 'none' }
  | { readonly kind: 'unsupported'; readonly section: string };

export interface EtcdSettings {
  /** `etcd3`: the v3 API. `etcd`: the v2 API, where the server still has it. */
  readonly kind: 'etcd3' | 'etcd';
  /** `host:port`, at least one unless `srv` is there; IPv6 addresses in brackets. */
  readonly hosts: readonly string[];
  readonly protocol: 'http' | 'https';
  /** Domain whose SRV records name the hosts, and Patroni's `srv_suffix`. */
  readonly srv?: string;
  readonly srvSuffix?: string;
  /** Do not look for other members of the etcd cluster behind a proxy. */
  readonly useProxies: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly tls: TlsSettings;
}

/** File names and switches of one TLS connection. */
export interface TlsSettings {
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly keyPassword?: string;
  /** Accept any server certificate. */
  readonly insecure: boolean;
}

/** How to talk to the members' REST API. */
export interface RestSettings {
  readonly username?: string;
  readonly password?: string;
  readonly tls: TlsSettings;
}
