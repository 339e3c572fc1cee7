import { isRecord } from '../model/json.ts';
import {
  DEFAULT_SETTINGS,
  type PermanentSlot,
  type RemotePrimary,
  type Settings,
  type SlotMatcher,
} from '../model/settings.ts';
import { lenientBoolean, lenientInteger, lenientSeconds } from './numbers.ts';

type Section = Readonly<Record<string, unknown>>;

/**
 * What the dynamic configuration means, by the rules of Patroni's global_config.py; its times as
 * the daemon adjusts them (config.py). What makes no sense counts as absent.
 */
export function parseSettings(data: Section): Settings {
  const mode = (name: string): boolean => lenientBoolean(data[name]) === true;
  const postgresql = isRecord(data.postgresql) ? data.postgresql : {};
  const { use_slots: useSlots = true } = postgresql;
  return {
    ...timesOf(data),
    ...limitsOf(data),
    pause: mode('pause'),
    synchronousMode: synchronousMode(data.synchronous_mode),
    synchronousModeStrict: mode('synchronous_mode_strict'),
    failsafeMode: mode('failsafe_mode'),
    checkTimeline: mode('check_timeline'),
    standbyCluster: isStandbyCluster(data.standby_cluster),
    remotePrimary: remotePrimary(data.standby_cluster),
    permanentSlots: permanentSlots(data),
    ignoreSlots: ignoreSlots(data.ignore_slots),
    useSlots: lenientBoolean(useSlots) === true,
    usePgRewind: lenientBoolean(postgresql.use_pg_rewind) === true,
  };
}

/** A whole number, not below `least`; or the default. */
function integerOf(value: unknown, fallback: number, least = 0): number {
  return Math.max(lenientInteger(value) ?? fallback, least);
}

/**
 * `loop_wait + 2 * retry_timeout <= ttl` must hold, or a leader loses its lock while the DCS is
 * slow: the first is shortened, and when that is not enough the second.
 */
function timesOf(data: Section): Pick<Settings, 'ttl' | 'loopWait' | 'retryTimeout'> {
  const ttl = integerOf(data.ttl, DEFAULT_SETTINGS.ttl, 20);
  const loopWait = integerOf(data.loop_wait, DEFAULT_SETTINGS.loopWait, 1);
  const retryTimeout = integerOf(data.retry_timeout, DEFAULT_SETTINGS.retryTimeout, 3);
  if (1 + 2 * retryTimeout > ttl) {
    return { ttl, loopWait: 1, retryTimeout: Math.floor((ttl - 1) / 2) };
  }
  return { ttl, loopWait: Math.min(loopWait, ttl - 2 * retryTimeout), retryTimeout };
}

/** The numbers of which the `master_…` names are from Patroni 3 and before. */
function limitsOf(data: Section) {
  const either = (name: string, old: string): unknown => (name in data ? data[name] : data[old]);
  const startTimeout = either('primary_start_timeout', 'master_start_timeout');
  const stopTimeout = either('primary_stop_timeout', 'master_stop_timeout');
  const slotsTtl = lenientSeconds(data.member_slots_ttl) ?? DEFAULT_SETTINGS.memberSlotsTtl;
  return {
    primaryRaceBackoff: integerOf(data.primary_race_backoff, DEFAULT_SETTINGS.primaryRaceBackoff),
    maximumLagOnFailover: integerOf(
      data.maximum_lag_on_failover,
      DEFAULT_SETTINGS.maximumLagOnFailover,
    ),
    maximumLagOnSyncnode: integerOf(
      data.maximum_lag_on_syncnode,
      DEFAULT_SETTINGS.maximumLagOnSyncnode,
      -1,
    ),
    maxTimelinesHistory: integerOf(data.max_timelines_history, 0),
    primaryStartTimeout: integerOf(startTimeout, DEFAULT_SETTINGS.primaryStartTimeout),
    primaryStopTimeout: integerOf(stopTimeout, DEFAULT_SETTINGS.primaryStopTimeout),
    // Without a synchronous standby there is no synchronous mode: 0 would switch it off by stealth.
    synchronousNodeCount: integerOf(data.synchronous_node_count, 1, 1),
    memberSlotsTtl: Math.max(slotsTtl, 0),
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

/** Undefined when the WAL comes from an archive alone. */
function remotePrimary(section: unknown): RemotePrimary | undefined {
  if (!isRecord(section)) return undefined;
  const host = textOf(section.host);
  const port = lenientInteger(section.port);
  const slot = textOf(section.primary_slot_name);
  if (host === undefined && port === undefined) return undefined;
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(slot === undefined ? {} : { primarySlotName: slot }),
  };
}

/** The first of the three names that says something. */
function permanentSlots(data: Section): Readonly<Record<string, PermanentSlot>> {
  const sections = [data.permanent_replication_slots, data.permanent_slots, data.slots];
  const section = sections.find((value) => isRecord(value) && Object.keys(value).length > 0);
  const entries = Object.entries(isRecord(section) ? section : {}).flatMap(([name, value]) => {
    const slot = SLOT_NAME.test(name) ? permanentSlot(value) : undefined;
    return slot ? [[name, slot] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** PostgreSQL's manual, "Querying and Manipulating Replication Slots". */
const SLOT_NAME = /^[a-z0-9_]{1,63}$/;

/** Without a type it is logical when it names a database and a plugin, else physical. */
function permanentSlot(value: unknown): PermanentSlot | undefined {
  if (!value) return { type: 'physical' };
  if (!isRecord(value)) return undefined;
  const database = textOf(value.database);
  const plugin = textOf(value.plugin);
  const logical = database !== undefined && plugin !== undefined;
  const { type = logical ? 'logical' : 'physical' } = value;
  const where = clusterType(value.cluster_type);
  if (type === 'physical') return { type, ...where };
  return type === 'logical' && logical ? { type, database, plugin, ...where } : undefined;
}

function clusterType(value: unknown): Pick<PermanentSlot, 'clusterType'> {
  return value === 'primary' || value === 'standby' ? { clusterType: value } : {};
}

/** A matcher that can match nothing is left out. */
function ignoreSlots(list: unknown): readonly SlotMatcher[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const matcher = isRecord(item) ? slotMatcher(item) : undefined;
    return matcher ? [matcher] : [];
  });
}

function slotMatcher(item: Section): SlotMatcher | undefined {
  // An empty name is no slot's name; the other fields, when empty, are as if not given.
  const given = ['type', 'database', 'plugin'].filter((field) => Boolean(item[field]));
  if (item.name !== undefined && item.name !== null) given.unshift('name');
  const { type } = item;
  if (given.some((field) => typeof item[field] !== 'string')) return undefined;
  if (given.includes('type') && type !== 'physical' && type !== 'logical') return undefined;
  return Object.fromEntries(given.map((field) => [field, item[field]]));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
