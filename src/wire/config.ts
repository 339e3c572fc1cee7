import type { ClusterConfig } from '../model/cluster.ts';
import { isRecord } from '../model/json.ts';
import { DEFAULT_SETTINGS, type Settings } from '../model/settings.ts';
import { compactJson, parseRecord } from './json-text.ts';
import { lenientBoolean, lenientInteger } from './numbers.ts';

/**
 * The `config` document. What is not a map counts as an empty one, with `valid` false: Patroni acts
 * on the defaults then, and the document can still be replaced.
 */
export function parseConfig(
  text: string,
  version: string,
): { config: ClusterConfig; valid: boolean } {
  const data = parseRecord(text);
  const config = { data: data ?? {}, version, settings: parseSettings(data ?? {}) };
  return { config, valid: data !== undefined };
}

/** The `config` document as Patroni writes it. */
export function formatConfig(data: Readonly<Record<string, unknown>>): string {
  return compactJson(data);
}

/** What the dynamic configuration means, by the rules of Patroni's global_config.py. */
export function parseSettings(data: Readonly<Record<string, unknown>>): Settings {
  const integer = (name: string, fallback: number): number =>
    lenientInteger(data[name]) ?? fallback;
  const mode = (name: string): boolean => lenientBoolean(data[name]) === true;
  return {
    ...DEFAULT_SETTINGS,
    ttl: integer('ttl', DEFAULT_SETTINGS.ttl),
    loopWait: integer('loop_wait', DEFAULT_SETTINGS.loopWait),
    retryTimeout: integer('retry_timeout', DEFAULT_SETTINGS.retryTimeout),
    maximumLagOnFailover: integer('maximum_lag_on_failover', DEFAULT_SETTINGS.maximumLagOnFailover),
    pause: mode('pause'),
    synchronousMode: synchronousMode(data.synchronous_mode),
    synchronousModeStrict: mode('synchronous_mode_strict'),
    failsafeMode: mode('failsafe_mode'),
    checkTimeline: mode('check_timeline'),
    standbyCluster: isStandbyCluster(data.standby_cluster),
  };
}

function synchronousMode(value: unknown): Settings['synchronousMode'] {
  if (String(value).toLowerCase() === 'quorum') return 'quorum';
  return lenientBoolean(value) === true ? 'on' : 'off';
}

/** A `standby_cluster` section counts when it says where to get the WAL from. */
function isStandbyCluster(section: unknown): boolean {
  if (!isRecord(section)) return false;
  return Boolean(section.host) || Boolean(section.port) || Boolean(section.restore_command);
}
