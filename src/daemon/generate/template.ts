import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { mergePatch } from '../../config/patch.ts';
import { STORES } from '../../config/store-settings.ts';
import { isRecord, type Json } from '../../model/json.ts';

export type JsonMap = Readonly<Record<string, Json>>;

/** What stands where somebody has to fill in a value. */
export const NO_VALUE = '#FIX' + 'ME';

/** This machine, as other members may reach it. */
export interface OwnAddress {
  readonly hostname: string;
  readonly address: string;
}

/** Name and address of this machine, IPv4 if it has one; placeholders when it cannot be known. */
export async function ownAddress(): Promise<OwnAddress> {
  const name = hostname();
  try {
    const found = await lookup(name, { all: true });
    const [first] = [...found].sort((one, other) => one.family - other.family);
    return { hostname: name, address: first?.address ?? NO_VALUE };
  } catch {
    return { hostname: NO_VALUE, address: NO_VALUE };
  }
}

/** The dynamic configuration that Patroni starts with (its config.py). */
const DYNAMIC: JsonMap = {
  ttl: 30,
  loop_wait: 10,
  retry_timeout: 10,
  postgresql: {
    use_slots: true,
    parameters: {
      ...{ hot_standby: 'on', max_connections: 100, max_locks_per_transaction: 64 },
      ...{ max_prepared_transactions: 0, max_replication_slots: 10, max_wal_senders: 10 },
      ...{ max_worker_processes: 8, track_commit_timestamp: 'off', wal_level: 'hot_standby' },
      wal_log_hints: 'on',
    },
  },
};

/**
 * What every generated configuration begins with: Patroni's template (config_generator.py), and
 * over it what the environment says. Two differences: `nosync` is not there, since Patroni's own
 * validator refuses it beside `sync_priority`; and there is a store, so that an agent can start.
 */
export function template({ hostname: name, address }: OwnAddress, environment: JsonMap): JsonMap {
  const rest = `${address}:8008`;
  const postgres = `${address}:5432`;
  const named = STORES.some((store) => store in environment);
  const base: JsonMap = {
    scope: NO_VALUE,
    name,
    restapi: { connect_address: rest, listen: rest },
    ...(named ? {} : { etcd3: { hosts: ['127.0.0.1:2379'] } }),
    log: {
      ...{ type: 'plain', level: 'INFO', traceback_level: 'ERROR', max_queue_size: 1000 },
      format: '%(asctime)s %(levelname)s: %(message)s',
    },
    postgresql: {
      ...{ data_dir: NO_VALUE, connect_address: postgres, listen: postgres, bin_dir: '' },
      authentication: {
        superuser: { username: 'postgres', password: NO_VALUE },
        replication: { username: 'replicator', password: NO_VALUE },
      },
    },
    tags: {
      ...{ failover_priority: 1, sync_priority: 1, noloadbalance: false, clonefrom: true },
      nostream: false,
    },
  };
  const bootstrap = { ...mapAt(environment, 'bootstrap'), dcs: DYNAMIC };
  return mergePatch(base, { ...environment, bootstrap });
}

/** The map at a path; an empty one where there is none. */
export function mapAt(config: JsonMap, ...path: readonly string[]): JsonMap {
  let map = config;
  for (const key of path) {
    const value = map[key];
    map = isRecord(value) ? (value as JsonMap) : {};
  }
  return map;
}
