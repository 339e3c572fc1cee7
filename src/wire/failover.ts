import type { Failover } from '../model/cluster.ts';
import { isRecord } from '../model/json.ts';
import { compactJson, parseOrNothing } from './json-text.ts';
import { isoTime } from './time.ts';

/** What a request for a switchover or failover says. */
export interface FailoverRequest {
  readonly leader?: string | undefined;
  readonly candidate?: string | undefined;
  /** ISO 8601 with offset. */
  readonly scheduledAt?: string | undefined;
}

/**
 * The `failover` document: JSON, or the old form `leader:candidate`. What is neither asks for
 * nothing (but is there, and has a version); `valid` is false then, and when its time is none.
 */
export function parseFailover(
  text: string,
  version: string,
): { failover: Failover; valid: boolean } {
  const value = text === '' ? {} : parseOrNothing(text);
  if (value === undefined) {
    const [leader, candidate] = text.split(':').map((part) => part.trim());
    return { failover: { ...named(leader, candidate), version }, valid: text.length < 4096 };
  }
  if (!isRecord(value)) return { failover: { version }, valid: false };
  const scheduledAt = isoTime(value.scheduled_at);
  const failover = {
    ...named(value.leader, value.member),
    ...(scheduledAt === undefined ? {} : { scheduledAt }),
    version,
  };
  return { failover, valid: !value.scheduled_at || scheduledAt !== undefined };
}

/** The `failover` document as Patroni writes it (`manual_failover` of dcs/__init__.py). */
export function formatFailover(request: FailoverRequest): string {
  return compactJson({
    leader: request.leader || undefined,
    member: request.candidate || undefined,
    scheduled_at: request.scheduledAt || undefined,
  });
}

function named(leader: unknown, candidate: unknown): { leader?: string; candidate?: string } {
  return {
    ...(typeof leader === 'string' && leader !== '' ? { leader } : {}),
    ...(typeof candidate === 'string' && candidate !== '' ? { candidate } : {}),
  };
}
