import { isRecord } from '../model/json.ts';
import type { Member, ScheduledRestart, ValueChange } from '../model/member.ts';
import { present } from '../model/present.ts';
import { type Address, parseAddress, splitConnectionUrl } from './connection-url.ts';
import { compactJson, parseRecord } from './json-text.ts';
import { lenientInteger } from './numbers.ts';

/**
 * A `members/<name>` document: JSON, or a connection URL as very old versions wrote it. A field of
 * the wrong type counts as absent; a document that is neither is a member of which only the name is
 * known, with `valid` false.
 */
export function parseMember(
  name: string,
  text: string,
  version: string,
): { member: Member; valid: boolean } {
  const data = text.startsWith('postgres') ? fromUrl(text) : parseRecord(text);
  return { member: memberOf(name, data ?? {}, version), valid: data !== undefined };
}

/**
 * A `members/<name>` document as Patroni writes it (`touch_member` of ha.py), in its order of keys.
 * The name is in the key, and host and port are in `conn_url`.
 */
export function formatMember(member: Member): string {
  const { pendingRestart, pendingRestartReason, tags } = member;
  return compactJson({
    conn_url: member.connUrl,
    api_url: member.apiUrl,
    state: member.state,
    role: member.role,
    version: member.version,
    proxy_url: member.proxyUrl,
    checkpoint_after_promote: member.checkpointAfterPromote,
    tags: Object.keys(tags).length > 0 ? tags : undefined,
    pending_restart: pendingRestart || undefined,
    pending_restart_reason: formatChanges(pendingRestartReason),
    xlog_location: member.xlogLocation,
    replay_lsn: member.replayLsn,
    receive_lsn: member.receiveLsn,
    replication_state: member.replicationState,
    timeline: member.timeline,
    scheduled_restart: member.scheduledRestart && formatSchedule(member.scheduledRestart),
    pause: member.pause || undefined,
  });
}

function formatChanges(changes: Readonly<Record<string, ValueChange>>): unknown {
  const entries = Object.entries(changes).map(([parameter, { oldValue, newValue }]) => [
    parameter,
    { old_value: oldValue, new_value: newValue },
  ]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/**
 * A scheduled restart as it is published. Patroni publishes the request as it came: this is the
 * order in which `patronictl` sends it.
 */
export function formatSchedule(restart: ScheduledRestart): Readonly<Record<string, unknown>> {
  return {
    restart_pending: restart.onlyIfPending,
    role: restart.role,
    postgres_version: restart.postgresVersion,
    schedule: restart.schedule,
    timeout: restart.timeout,
    postmaster_start_time: restart.postmasterStart,
  };
}

function fromUrl(text: string): Record<string, unknown> {
  const { connUrl, apiUrl } = splitConnectionUrl(text);
  return { conn_url: connUrl, api_url: apiUrl };
}

function memberOf(
  name: string,
  data: Readonly<Record<string, unknown>>,
  documentVersion: string,
): Member {
  const connUrl = text(data.conn_url);
  const address = addressOf(data.conn_kwargs) ?? (connUrl ? parseAddress(connUrl) : undefined);
  const rest = {
    state: text(data.state) ?? '',
    role: text(data.role) ?? '',
    pendingRestart: Boolean(data.pending_restart),
    pendingRestartReason: changesOf(data.pending_restart_reason),
    tags: isRecord(data.tags) ? data.tags : {},
    pause: data.pause === true,
    documentVersion,
  };
  const some = present({
    connUrl,
    apiUrl: text(data.api_url),
    proxyUrl: text(data.proxy_url),
    version: text(data.version),
    checkpointAfterPromote: flag(data.checkpoint_after_promote),
    timeline: typeof data.timeline === 'number' ? data.timeline : undefined,
    xlogLocation: lenientInteger(data.xlog_location),
    receiveLsn: lenientInteger(data.receive_lsn),
    replayLsn: lenientInteger(data.replay_lsn),
    replicationState: text(data.replication_state),
    scheduledRestart: scheduledRestartOf(data.scheduled_restart),
  });
  // Merging by spreading takes much longer, and views are made in every tick.
  return Object.assign({ name }, address, some, rest);
}

/** Text that says something; empty text is as good as none. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function addressOf(value: unknown): Address | undefined {
  if (!isRecord(value)) return undefined;
  const host = text(value.host);
  const port = lenientInteger(value.port ?? 5432);
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** Reads a scheduled restart; undefined when there is no time in it. */
export function scheduledRestartOf(value: unknown): ScheduledRestart | undefined {
  if (!isRecord(value)) return undefined;
  const schedule = text(value.schedule);
  if (schedule === undefined) return undefined;
  return {
    schedule,
    ...present({
      postgresVersion: text(value.postgres_version),
      role: text(value.role),
      onlyIfPending: flag(value.restart_pending),
      timeout: lenientInteger(value.timeout),
      postmasterStart: text(value.postmaster_start_time),
    }),
  };
}

/** Parameter → value before and after; values are published as text, numbers are taken too. */
function changesOf(value: unknown): Readonly<Record<string, ValueChange>> {
  if (!isRecord(value)) return {};
  const entries = Object.entries(value).flatMap(([parameter, change]) => {
    if (!isRecord(change)) return [];
    const { old_value: oldValue, new_value: newValue } = change;
    return [[parameter, { oldValue: shown(oldValue), newValue: shown(newValue) }]];
  });
  return Object.fromEntries(entries) as Record<string, ValueChange>;
}

function shown(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
