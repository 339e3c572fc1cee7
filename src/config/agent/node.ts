import { isRecord, type Json } from '../../model/json.ts';
import type { Node } from '../../model/node.ts';
import type { AgentSettings } from '../agent-settings.ts';
import { pythonScalar } from '../python-scalar.ts';
import { effectivePostgres } from './effective-postgres.ts';
import { authority, hostPortIn } from './host-port.ts';

/**
 * What an agent says its version is, in its member document and over REST: that of the Patroni
 * whose protocol it speaks. Others go by it: patronictl and monitoring compare it to know what a
 * member understands.
 */
const PATRONI_VERSION = '4.1.5';

/**
 * This node as its configuration describes it; `dynamic` has a say in how replicas are made. Throws
 * what `effectivePostgres` throws.
 */
export function nodeOf(
  settings: AgentSettings,
  dynamic: Readonly<Record<string, unknown>> = {},
): Node {
  const postgres = effectivePostgres(settings, dynamic);
  const { connectHost: host, connectPort: port, replicaMethods } = postgres;
  const postgresql = { name: 'postgresql', values: settings.postgresql };
  const proxy = hostPortIn(postgresql, 'proxy_address', 5432);
  const protocol = settings.restApi.certfile === undefined ? 'http' : 'https';
  const ownSyncNames = localParameter(settings.postgresql, 'synchronous_standby_names');
  return {
    name: settings.name,
    connUrl: `postgres://${authority({ host, port })}/postgres`,
    apiUrl: `${protocol}://${settings.restApi.connectAddress}/patroni`,
    ...(proxy ? { proxyUrl: `postgres://${authority(proxy)}/postgres` } : {}),
    version: PATRONI_VERSION,
    tags: settings.tags,
    fence: settings.fence,
    watchdog: settings.watchdog.mode,
    bootstrap: settings.bootstrap.dcs,
    clonesWithoutLeader: replicaMethods.some(
      (method) => method !== 'basebackup' && method.noLeader,
    ),
    usePgRewind: postgres.usePgRewind,
    removeDataDirectoryOnRewindFailure: postgres.removeDataDirectoryOnRewindFailure,
    removeDataDirectoryOnDivergedTimelines: postgres.removeDataDirectoryOnDivergedTimelines,
    ...(ownSyncNames === undefined ? {} : { ownSyncNames }),
  };
}

function localParameter(postgresql: AgentSettings['postgresql'], name: string): string | undefined {
  const { parameters } = postgresql;
  if (!isRecord(parameters)) return undefined;
  const found = Object.entries(parameters).findLast(([key]) => key.toLowerCase() === name);
  return found ? pythonScalar((found[1] ?? null) as Json) : undefined;
}
