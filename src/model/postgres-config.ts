/** A value of `postgresql.parameters`, as the configuration has it. */
export type ParameterValue = string | number | boolean | bigint;

export type Parameters = Readonly<Record<string, ParameterValue>>;

/** How one kind of connection logs in (`postgresql.authentication.*`), in libpq's words. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** `sslmode`, `sslcert`, `sslkey`, `sslpassword`, `sslrootcert`, `channel_binding`, …. */
  readonly options: Readonly<Record<string, string>>;
}

/** Programs that are called by the agent. */
export type CallbackName = 'on_start' | 'on_stop' | 'on_restart' | 'on_reload' | 'on_role_change';

/**
 * How a replica is made, beside `basebackup`. `keepData` and `noParams` as in Patroni's manual
 * ("Building replicas").
 */
export interface ReplicaMethod {
  readonly name: string;
  readonly command: string;
  readonly keepData: boolean;
  readonly noParams: boolean;
  /** It needs no running leader (`no_leader`, older: `no_master`). */
  readonly noLeader: boolean;
  /** Further keys of its section, passed as `--key=value`. */
  readonly arguments: Readonly<Record<string, string>>;
}

/** An option of a PostgreSQL program: `--name` or `--name=value`. */
export interface ToolOption {
  readonly name: string;
  readonly value?: string;
}

/**
 * All that is to be known of this node's PostgreSQL: the local `postgresql` section over the
 * dynamic one (Patroni's precedence: each local key replaces the dynamic one whole; `parameters`
 * are merged one by one; those that must be alike on all members come from the dynamic one only).
 */
export interface PostgresConfig {
  /** Cluster and member: `cluster_name`, `application_name`, and what callbacks are told. */
  readonly scope: string;
  readonly memberName: string;
  /** `listen_addresses`: `*`, or addresses with commas. */
  readonly listenAddresses: string;
  readonly port: number;
  /** Where the other members reach it. */
  readonly connectHost: string;
  readonly connectPort: number;
  readonly dataDir: string;
  /** Where `postgresql.conf`, `pg_hba.conf`, `pg_ident.conf` are; usually the data directory. */
  readonly configDir: string;
  /** Empty: the programs are looked for in PATH. */
  readonly binDir: string;
  /** Program → its name here (`postgresql.bin_name`), where it is another. */
  readonly binNames: Readonly<Record<string, string>>;
  /** The file that passwords for libpq are written to. */
  readonly pgpass: string;
  /** A `postgresql.conf` to include instead of `postgresql.base.conf`. */
  readonly customConf: string | undefined;
  /** Without the forced ones (see `ClusterParameters`). */
  readonly parameters: Parameters;
  /** Those of the forced parameters that the dynamic configuration sets, by their names there. */
  readonly clusterParameters: Parameters;
  /** Undefined: `pg_hba.conf` is left alone (but for a new cluster). */
  readonly pgHba: readonly string[] | undefined;
  readonly pgIdent: readonly string[] | undefined;
  /** `recovery_conf`: parameters of a standby, such as `restore_command`. */
  readonly recoveryConf: Parameters;
  readonly superuser: Credentials;
  readonly replication: Credentials;
  /** Who pg_rewind connects as; undefined: the superuser. */
  readonly rewind: Credentials | undefined;
  readonly useUnixSocket: boolean;
  readonly useUnixSocketRepl: boolean;
  readonly usePgRewind: boolean;
  readonly useSlots: boolean;
  /** Seconds that a start or a stop may take. */
  readonly pgCtlTimeout: number;
  readonly basebackupOptions: readonly ToolOption[];
  readonly rewindOptions: readonly ToolOption[];
  /** In the order in which they are tried; `basebackup` is one of them. */
  readonly replicaMethods: readonly ('basebackup' | ReplicaMethod)[];
  readonly callbacks: Readonly<Partial<Record<CallbackName, string>>>;
  /** Runs before a promotion; when it fails the lock is given up. */
  readonly prePromote: string | undefined;
  /** Runs before PostgreSQL is stopped; its result does not matter. */
  readonly beforeStop: string | undefined;
  readonly removeDataDirectoryOnRewindFailure: boolean;
  readonly removeDataDirectoryOnDivergedTimelines: boolean;
  /** Present in the leader of a standby cluster and its standbys. */
  readonly standbyCluster: StandbyClusterConfig | undefined;
}

/** `standby_cluster` of the dynamic configuration, as far as PostgreSQL is configured with it. */
export interface StandbyClusterConfig {
  readonly restoreCommand: string | undefined;
  readonly archiveCleanupCommand: string | undefined;
  readonly recoveryMinApplyDelay: string | undefined;
}

/** How a new cluster is made (`bootstrap` of the local configuration). */
export interface BootstrapConfig {
  /** `bootstrap.dcs`: the first dynamic configuration. */
  readonly dcs: Readonly<Record<string, unknown>>;
  readonly initdbOptions: readonly ToolOption[];
  readonly pgHba: readonly string[] | undefined;
  /** `post_bootstrap` or `post_init`: a command that gets a connection string. */
  readonly postBootstrap: string | undefined;
  /** A method of its own instead of initdb. */
  readonly method: BootstrapMethod | undefined;
}

export interface BootstrapMethod {
  readonly name: string;
  readonly command: string;
  readonly keepExistingRecoveryConf: boolean;
  readonly noParams: boolean;
  readonly recoveryConf: Parameters | undefined;
  readonly arguments: Readonly<Record<string, string>>;
}
