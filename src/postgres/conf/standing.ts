import type { Source } from '../../model/postgres.ts';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import { confFiles } from './conf-files.ts';
import { parseConninfo } from './conninfo.ts';
import { isWrittenByAgent, readUpstream } from './postgresql-conf.ts';
import { type Upstream, upstreamOf } from './recovery-settings.ts';
import { configuredSyncNames, SYNC_NAMES } from './server-settings.ts';
import { readSettings } from './setting-text.ts';
import { readIfThere } from './write-file.ts';

/** What the files say that no configuration says: it was decided while the cluster ran. */
export interface Standing {
  /** `synchronous_standby_names`; undefined: not set. */
  readonly syncNames: string | undefined;
  /** Where a standby streams from; undefined: from nowhere. */
  readonly upstream: Upstream | undefined;
}

/**
 * What the agent before this one, or Patroni, left: a primary that crashed goes on waiting for
 * those it waited for, and a standby streaming, until somebody decides otherwise.
 */
export async function readStanding(config: PostgresConfig): Promise<Standing> {
  const text = (await readIfThere(confFiles(config).conf)) ?? '';
  return {
    syncNames: isWrittenByAgent(text)
      ? readSettings(text).get(SYNC_NAMES)
      : configuredSyncNames(config),
    upstream: readUpstream(text),
  };
}

/** What holds for data that have just been made or copied. */
export function newStanding(config: PostgresConfig): Standing {
  return { syncNames: configuredSyncNames(config), upstream: undefined };
}

/** The same source, with how the configuration says now to log in there. */
export function renewedUpstream(
  config: PostgresConfig,
  upstream: Upstream | undefined,
  major: number,
): Upstream | undefined {
  const params = upstream && parseConninfo(upstream.conninfo);
  const host = params?.get('host');
  if (!upstream || host === undefined) return upstream;
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const source: Source = {
    name: upstream.name,
    connUrl: `postgres://${bracketed}:${params?.get('port') ?? 5432}/`,
    ...(upstream.slot === undefined ? {} : { slot: upstream.slot }),
  };
  return upstreamOf(config, source, major) ?? upstream;
}

/** Which member a standby with this `primary_conninfo` follows; `''`: none that is known. */
export function followedMember(conninfo: string, upstream: Upstream | undefined): string {
  if (!upstream) return '';
  const [there, ours] = [parseConninfo(conninfo), parseConninfo(upstream.conninfo)];
  const same = ['host', 'port'].every((key) => there?.get(key) === ours?.get(key));
  return same ? upstream.name : '';
}
