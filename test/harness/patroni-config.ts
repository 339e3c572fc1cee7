/** What one member's `patroni.yml` is made of. */
export interface MemberSettings {
  readonly scope: string;
  readonly name: string;
  /** host:port of etcd. */
  readonly etcd: string;
  readonly restPort: number;
  readonly postgresPort: number;
  readonly directory: string;
  readonly binaries: string;
  /** Dynamic settings at bootstrap, merged over quick ones. */
  readonly dcs: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, unknown>>;
  /** Further sections, or replacements of whole ones, e.g. `restapi`. */
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const SUPERUSER = { username: 'postgres', password: 'super-secret' };

/** The text of `patroni.yml`, as JSON, which YAML includes. Quick and careless: for tests only. */
export function memberConfig(member: MemberSettings): string {
  const address = `127.0.0.1:${member.postgresPort}`;
  const rest = `127.0.0.1:${member.restPort}`;
  const sections: Record<string, Record<string, unknown>> = {
    restapi: { listen: rest, connect_address: rest },
    etcd3: { hosts: member.etcd },
    bootstrap: { dcs: dynamicSettings(member.dcs), initdb: INITDB },
    postgresql: {
      listen: address,
      connect_address: address,
      data_dir: `${member.directory}/${member.name}`,
      bin_dir: member.binaries,
      pgpass: `${member.directory}/${member.name}.pgpass`,
      authentication: {
        superuser: SUPERUSER,
        replication: { username: 'replicator', password: 'replicate' },
        rewind: { username: 'rewinder', password: 'rewind' },
      },
      basebackup: [{ checkpoint: 'fast' }],
      parameters: { unix_socket_directories: member.directory, fsync: 'off' },
      pg_hba: [
        'local all all trust',
        'host replication replicator 127.0.0.1/32 md5',
        'host all all 127.0.0.1/32 md5',
      ],
    },
  };
  for (const [name, section] of Object.entries(member.sections)) {
    sections[name] = { ...sections[name], ...section };
  }
  const { scope, name, tags } = member;
  return JSON.stringify({ scope, name, ...sections, tags }, null, 2);
}

const INITDB = [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums', 'no-sync'];

function dynamicSettings(dcs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    ttl: 20,
    loop_wait: 1,
    retry_timeout: 5,
    maximum_lag_on_failover: 1048576,
    postgresql: {
      use_pg_rewind: true,
      parameters: { max_connections: 25, shared_buffers: '16MB', wal_keep_size: '64MB' },
    },
    ...dcs,
  };
}
