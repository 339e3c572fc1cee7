import { isRecord } from '../model/json.ts';
import type { ValueChange } from '../model/member.ts';
import type { NodeStatus, ReplicationLink } from '../model/node-status.ts';
import { dumpJson } from '../model/python.ts';
import { formatSchedule, scheduledRestartOf } from './member.ts';
import { pythonTime } from './time.ts';

/**
 * What `GET /patroni` answered; undefined when the body is no JSON object. Unknown keys are left
 * out, and a value of a wrong type is as if it were absent. The HTTP status does not matter: on
 * the health-check paths the same body comes with 503.
 */
export function parseNodeStatus(body: string): NodeStatus | undefined {
  const data = parseObject(body);
  if (!data) return undefined;
  const xlog = record(data.xlog ?? data.wal);
  const patroni = record(data.patroni);
  return {
    ...optional('name', text(patroni.name)),
    state: text(data.state) ?? '',
    role: text(data.role) ?? '',
    ...optional('timeline', count(data.timeline)),
    ...optional('location', count(xlog.location)),
    ...optional('receivedLsn', count(xlog.received_location)),
    ...optional('replayedLsn', count(xlog.replayed_location)),
    ...optional('replayedAt', text(xlog.replayed_timestamp)),
    replayPaused: xlog.paused === true,
    ...optional('replicationState', text(data.replication_state)),
    syncStandby: data.sync_standby === true,
    quorumStandby: data.quorum_standby === true,
    pause: data.pause === true,
    clusterUnlocked: data.cluster_unlocked === true,
    tags: record(data.tags),
    watchdogFailed: data.watchdog_failed === true,
    pendingRestart: data.pending_restart === true,
    pendingRestartReason: restartReasons(data.pending_restart_reason),
    ...optional('scheduledRestart', scheduledRestartOf(data.scheduled_restart)),
    ...(data.failsafe_mode_is_active === true ? { failsafeActive: true } : {}),
    ...optional('dcsLastSeen', count(data.dcs_last_seen)),
    ...optional('postmasterStartTime', text(data.postmaster_start_time)),
    ...optional('serverVersion', count(data.server_version)),
    ...optional('version', text(patroni.version)),
    ...optional('scope', text(patroni.scope)),
    ...optional('systemId', text(data.database_system_identifier)),
    replication: links(data.replication),
    ...optional('logQueue', logQueue(data)),
  };
}

/** The body of `GET /patroni`, in Patroni's order of keys (api.py), with what we know of it. */
export function formatNodeStatus(status: NodeStatus): string {
  const { tags, pendingRestartReason: reasons, replication, postmasterStartTime } = status;
  const body = {
    state: status.state,
    postmaster_start_time: postmasterStartTime && pythonTime(postmasterStartTime),
    role: status.role,
    server_version: status.serverVersion,
    xlog: formatPositions(status),
    sync_standby: status.syncStandby || undefined,
    quorum_standby: status.quorumStandby || undefined,
    timeline: status.timeline,
    replication_state: status.replicationState,
    replication: replication.length > 0 ? replication.map(formatLink) : undefined,
    pause: status.pause || undefined,
    cluster_unlocked: status.clusterUnlocked || undefined,
    failsafe_mode_is_active: status.failsafeActive || undefined,
    dcs_last_seen: status.dcsLastSeen,
    tags: Object.keys(tags).length > 0 ? tags : undefined,
    database_system_identifier: status.systemId,
    pending_restart: status.pendingRestart || undefined,
    pending_restart_reason: Object.keys(reasons).length > 0 ? formatReasons(reasons) : undefined,
    patroni: { version: status.version, scope: status.scope, name: status.name },
    scheduled_restart: status.scheduledRestart && {
      ...formatSchedule(status.scheduledRestart),
      postmaster_start_time: undefined,
    },
    watchdog_failed: status.watchdogFailed || undefined,
    logger_queue_size: status.logQueue?.size,
    logger_records_lost: status.logQueue?.lost || undefined,
  };
  return dumpJson(body, { item: ', ', key: ': ' });
}

/** A server that does not run has none. */
function formatPositions(status: NodeStatus): unknown {
  const { location, receivedLsn, replayedLsn, replayedAt, replayPaused } = status;
  if (location !== undefined) return { location };
  if (receivedLsn === undefined && replayedLsn === undefined) return undefined;
  return {
    // What was replayed from an archive counts as received, as it does for Patroni.
    received_location: receivedLsn ?? replayedLsn,
    replayed_location: replayedLsn,
    replayed_timestamp: replayedAt === undefined ? null : pythonTime(replayedAt),
    paused: replayPaused,
  };
}

function formatLink(link: ReplicationLink): unknown {
  return {
    usename: link.user,
    application_name: link.applicationName,
    client_addr: link.clientAddress,
    state: link.state,
    sync_state: link.syncState,
    sync_priority: link.syncPriority,
  };
}

function formatReasons(reasons: Readonly<Record<string, ValueChange>>): unknown {
  const entries = Object.entries(reasons).map(([name, { oldValue, newValue }]) => [
    name,
    { old_value: oldValue, new_value: newValue },
  ]);
  return Object.fromEntries(entries);
}

/** Body of `POST /switchover` (with a leader) and `POST /failover` (without). */
export function takeoverBody(order: {
  readonly leader?: string;
  readonly candidate?: string;
  readonly scheduledAt?: string;
}): Record<string, string> {
  return {
    ...optional('candidate', order.candidate),
    ...optional('leader', order.leader),
    ...optional('scheduled_at', order.scheduledAt),
  };
}

/** Body of `POST /restart`; `timeout` in seconds or with a unit, `schedule` ISO 8601. */
export function restartBody(order: {
  readonly pending?: boolean;
  readonly role?: string;
  readonly postgresVersion?: string;
  readonly timeout?: string;
  readonly schedule?: string;
}): Record<string, string | boolean> {
  return {
    ...(order.pending ? { restart_pending: true } : {}),
    ...optional('role', order.role),
    ...optional('postgres_version', order.postgresVersion),
    ...optional('timeout', order.timeout),
    ...optional('schedule', order.schedule),
  };
}

/** Body of `POST /reinitialize`. Patroni reads `from_leader`; its manual says `from-leader`. */
export function reinitializeBody(order: {
  readonly force: boolean;
  readonly fromLeader: boolean;
}): {
  force: boolean;
  from_leader: boolean;
} {
  return { force: order.force, from_leader: order.fromLeader };
}

/** What an answer to `POST /switchover` or `POST /failover` means. */
export type TakeoverReply =
  | { readonly kind: 'done'; readonly leader?: string }
  /** Someone else than the candidate that was named became leader. */
  | { readonly kind: 'other-leader'; readonly leader: string }
  | { readonly kind: 'scheduled' }
  /** The order was taken, and its end was not seen, or not seen well: look. */
  | { readonly kind: 'look' }
  | { readonly kind: 'not-supported' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'refused' };

/**
 * Reads an answer to `POST /switchover` or `POST /failover` (Patroni 3 and 4: plain text). A 503
 * does not say that it failed: "failed" there is a guess from the /failover key having gone, and
 * "failed to write" may be an answer of the DCS that got lost.
 */
export function parseTakeoverReply(status: number, body: string): TakeoverReply {
  if (status === 200) return parseDone(body);
  if (status === 202) return { kind: 'scheduled' };
  if (status === 401 || status === 403) return { kind: 'denied' };
  if (status === 501) return { kind: 'not-supported' };
  if (status === 503 && OPEN_ENDED.test(body)) return { kind: 'look' };
  // A gateway between us and the member gave up, not the member.
  if (status === 502 || status === 504) return { kind: 'look' };
  return { kind: 'refused' };
}

const OPEN_ENDED = /^(?:(?:switchover|failover) (?:failed|status unknown)|failed to write)/i;

function parseDone(body: string): TakeoverReply {
  const other = /ed over to "(.*)" instead of "/s.exec(body);
  if (other?.[1] !== undefined) return { kind: 'other-leader', leader: other[1] };
  return { kind: 'done', ...optional('leader', /ed over to "(.*)"/s.exec(body)?.[1]) };
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const data: unknown = JSON.parse(body);
    return isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function restartReasons(value: unknown): Record<string, ValueChange> {
  const reasons = Object.entries(record(value)).map(([name, change]): [string, ValueChange] => {
    const { old_value: before, new_value: after } = record(change);
    return [name, { oldValue: String(before ?? ''), newValue: String(after ?? '') }];
  });
  return Object.fromEntries(reasons);
}

function links(value: unknown): ReplicationLink[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((link) => ({
    applicationName: text(link.application_name) ?? '',
    state: text(link.state) ?? '',
    syncState: text(link.sync_state) ?? '',
    ...optional('user', text(link.usename)),
    ...optional('clientAddress', link.client_addr === null ? null : text(link.client_addr)),
    ...optional('syncPriority', count(link.sync_priority)),
  }));
}

function logQueue(data: Record<string, unknown>): NodeStatus['logQueue'] {
  const size = count(data.logger_queue_size);
  return size === undefined ? undefined : { size, lost: count(data.logger_records_lost) ?? 0 };
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A whole number ≥ 0; Patroni's older versions have timelines and positions as text, too. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : undefined;
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });
}
