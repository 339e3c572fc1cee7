import { stringify } from 'yaml';

/** Name of the demo's cluster. */
export const SCOPE = 'demo';

/** Seconds that the lock holds without its leader. */
export const TTL = 20;

/** One node of the demo. */
export interface NodePlan {
  readonly name: string;
  readonly postgresPort: number;
  readonly restPort: number;
}

/** A whole demo, before anything of it exists. */
export interface Plan {
  /** Everything of it is in there. */
  readonly directory: string;
  /** `host:port` of the store. */
  readonly store: string;
  readonly nodes: readonly NodePlan[];
  /** Where PostgreSQL's programs are. */
  readonly binDir: string;
  /** A commit waits for a standby. */
  readonly sync: boolean;
  /** Of all users of PostgreSQL. */
  readonly password: string;
}

/** The nodes pg1, pg2, …; `ports` has two for each. */
export function planNodes(count: number, ports: readonly number[]): NodePlan[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `pg${index + 1}`,
    postgresPort: ports[index * 2] ?? 0,
    restPort: ports[index * 2 + 1] ?? 0,
  }));
}

/** The configuration of a node's agent, which is good for `pgherd -c` too. */
export function configFile(plan: Plan, name: string): string {
  return `${plan.directory}/${name}.yml`;
}

/** The text of that file: a patroni.yml as one would write it, with quick settings. */
export function configText(plan: Plan, node: NodePlan): string {
  const { directory, password } = plan;
  const address = `127.0.0.1:${node.postgresPort}`;
  const rest = `127.0.0.1:${node.restPort}`;
  return stringify({
    scope: SCOPE,
    name: node.name,
    restapi: { listen: rest, connect_address: rest },
    etcd3: { hosts: plan.store },
    bootstrap: {
      dcs: {
        ...{ ttl: TTL, loop_wait: 1, retry_timeout: 5 },
        ...(plan.sync ? { synchronous_mode: true } : {}),
        postgresql: { use_pg_rewind: true, parameters: SMALL },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums', 'no-sync'],
    },
    postgresql: {
      listen: address,
      connect_address: address,
      data_dir: `${directory}/${node.name}`,
      bin_dir: plan.binDir,
      pgpass: `${directory}/${node.name}.pgpass`,
      authentication: {
        superuser: { username: 'postgres', password },
        replication: { username: 'replicator', password },
        rewind: { username: 'rewinder', password },
      },
      basebackup: [{ checkpoint: 'fast' }],
      parameters: { unix_socket_directories: '', fsync: 'off' },
      pg_hba: [
        'host replication replicator 127.0.0.1/32 scram-sha-256',
        'host all all 127.0.0.1/32 scram-sha-256',
      ],
    },
  });
}

/** Several servers share one laptop, and nothing here has to survive it. */
const SMALL = { max_connections: 25, shared_buffers: '16MB', wal_keep_size: '64MB' };
