import type { ClusterView } from '../model/cluster.ts';
import type { Facts } from './facts.ts';
import { leads } from './lease.ts';
import type { FailsafePromise } from './memory.ts';

/** Seconds; members whose settings differ for a moment agree on this much. */
const COMMON_SECONDS = 20;

/** For how many seconds a leader may go on after all members agreed, from before it asked them. */
export function failsafeHold(ttlSeconds: number): number {
  return Math.min(ttlSeconds, COMMON_SECONDS);
}

/** For how many seconds a member keeps its promise, from when it was asked. */
export function promiseSeconds(ttlSeconds: number): number {
  return Math.max(ttlSeconds, COMMON_SECONDS);
}

/** What a member knows when a leader asks it in failsafe mode. */
export interface Hearing extends Pick<Facts, 'now' | 'self' | 'settings' | 'memory'> {
  /** The last view of the store, however old; undefined: there was none yet. */
  readonly view: ClusterView | undefined;
  /** PostgreSQL accepted writes when it was last seen. */
  readonly primary: boolean;
  readonly promoting: boolean;
}

/** A leader's request, `POST /failsafe`. */
export type FailsafeRequest = Omit<FailsafePromise, 'until'>;

/**
 * What a member promises a leader that the store does not answer: not to race for longer than the
 * leader goes on. Undefined: it does not agree, and the leader has to step down.
 */
export function promiseTo(request: FailsafeRequest, hearing: Hearing): FailsafePromise | undefined {
  const { now, self, settings } = hearing;
  if (!settings.failsafeMode || request.name === self.name) return undefined;
  if (mayLeadItself(hearing) || isStranger(request.name, hearing.view)) return undefined;
  // The promise replaces an older one: that leader has to ask us again, and the new one.
  return { ...request, until: now + promiseSeconds(settings.ttl) * 1000 };
}

/** To agree now would make two leaders. */
function mayLeadItself(hearing: Hearing): boolean {
  const { now, settings, memory, primary, promoting } = hearing;
  if (primary || promoting || leads(hearing)) return true;
  const { acquireSentAt } = memory;
  // A lock that was taken and not renewed is gone after `ttl`.
  return acquireSentAt !== undefined && now < acquireSentAt + settings.ttl * 1000;
}

/** The document counts beside the members: a leader's own may have expired (P#3113). */
function isStranger(name: string, view: ClusterView | undefined): boolean {
  if (view === undefined) return false;
  if (view.failsafe && Object.hasOwn(view.failsafe, name)) return false;
  return !view.members.some((member) => member.name === name);
}
