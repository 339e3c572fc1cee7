/** What one member's configuration file is made of. */
export interface LabMember {
  readonly name: string;
  readonly ip: string;
  readonly subnet: string;
  readonly directory: string;
  readonly binaries: string;
  /** host:port. */
  readonly etcd: string;
  /** The section that names etcd. */
  readonly store: 'etcd3' | 'etcd';
  /** The first dynamic settings; undefined: the file has no section `bootstrap`. */
  readonly dcs: Readonly<Record<string, unknown>> | undefined;
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The passwords of a lab: no log, no argument and no world-readable file may hold one of them. */
export const SECRETS = {
  superuser: 'canary-superuser-7d1f',
  replication: 'canary-replication-52b0',
  rewind: 'canary-rewind-93ce',
};

/** The text of `patroni.yml`, as JSON, which YAML includes: pgherd and Patroni both read it. */
export function labConfig(member: LabMember): string {
  const { name, ip, directory } = member;
  const sections: Record<string, Record<string, unknown>> = {
    restapi: { listen: `${ip}:8008`, connect_address: `${ip}:8008` },
    ...(member.store === 'etcd'
      ? { etcd: { host: member.etcd } }
      : { etcd3: { hosts: member.etcd } }),
    ...(member.dcs ? { bootstrap: bootstrapSection(member.dcs) } : {}),
    postgresql: {
      listen: `${ip}:5432`,
      connect_address: `${ip}:5432`,
      data_dir: `${directory}/data`,
      bin_dir: member.binaries,
      pgpass: `${directory}/pgpass`,
      use_unix_socket: true,
      authentication: {
        superuser: { username: 'postgres', password: SECRETS.superuser },
        replication: { username: 'replicator', password: SECRETS.replication },
        rewind: { username: 'rewinder', password: SECRETS.rewind },
      },
      basebackup: [{ checkpoint: 'fast' }],
      parameters: { unix_socket_directories: directory, fsync: 'off' },
      pg_hba: [
        'local all all trust',
        `host replication replicator ${member.subnet} scram-sha-256`,
        `host all all ${member.subnet} scram-sha-256`,
      ],
    },
  };
  for (const [key, section] of Object.entries(member.sections)) {
    sections[key] = { ...sections[key], ...section };
  }
  return JSON.stringify({ scope: 'lab', name, ...sections }, null, 2);
}

function bootstrapSection(dcs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    dcs: dynamicSettings(dcs),
    initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums', 'no-sync'],
  };
}

function dynamicSettings(dcs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    ttl: 20,
    loop_wait: 2,
    retry_timeout: 5,
    maximum_lag_on_failover: 1048576,
    postgresql: {
      use_pg_rewind: true,
      parameters: { max_connections: 50, shared_buffers: '16MB', wal_keep_size: '64MB' },
    },
    ...dcs,
  };
}
