import type { Dcs, Store } from '../dcs/dcs.ts';
import type { MemberApi } from '../rest/member-api.ts';
import type { Clock } from '../system/clock.ts';
import { printable } from '../system/text.ts';

/** Where the lines go, and how time is told. */
export interface CallLog {
  readonly clock: Clock;
  readonly write: (line: string) => void;
}

/**
 * True when the environment asks for debug lines, by the last of patronictl's three variables that
 * is set.
 */
export function wantsCallLog(env: Readonly<Record<string, string | undefined>>): boolean {
  const level = env.PATRONI_LOG_LEVEL ?? env.PATRONI_LOGLEVEL ?? env.LOGLEVEL ?? 'WARNING';
  return level.toUpperCase() === 'DEBUG';
}

/** The same store; every call is told with its outcome and how long it took. No values. */
export function loggedStore(store: Store, log: CallLog): Store {
  return {
    cluster: (scope, group) => loggedCluster(store.cluster(scope, group), scope, log),
    readAll: (signal) => told(log, 'DCS read all clusters', () => store.readAll(signal)),
    close: () => store.close(),
  };
}

function loggedCluster(dcs: Dcs, scope: string, log: CallLog): Dcs {
  return {
    read: (signal) => told(log, `DCS read ${scope}`, () => dcs.read(signal)),
    write: (name, value, guard) =>
      told(log, `DCS write ${scope}/${name}`, () => dcs.write(name, value, guard)),
    remove: (name, guard) =>
      told(log, `DCS remove ${scope}/${name}`, () => dcs.remove(name, guard)),
    removeAll: () => told(log, `DCS remove all of ${scope}`, () => dcs.removeAll()),
  };
}

/** The same API; every call is told with its status and how long it took. No bodies. */
export function loggedMemberApi(api: MemberApi, log: CallLog): MemberApi {
  return {
    request: (member, method, request) =>
      told(log, `${method} /${request.path} on ${member.name}`, () =>
        api.request(member, method, request),
      ),
    close: () => api.close(),
  };
}

async function told<T>(log: CallLog, what: string, call: () => Promise<T>): Promise<T> {
  const start = log.clock.monotonic();
  const tell = (outcome: string): void => {
    const ms = Math.round(log.clock.monotonic() - start);
    const time = log.clock.now().toISOString();
    log.write(printable(`${time} - DEBUG - ${what}: ${outcome} (${ms} ms)`));
  };
  try {
    const value = await call();
    tell(outcomeOf(value));
    return value;
  } catch (error) {
    tell(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    throw error;
  }
}

function outcomeOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `${value.length} documents`;
  if (value instanceof Map) return `${value.size} clusters`;
  const { status } = value as { status?: unknown };
  return typeof status === 'number' ? `status ${status}` : 'done';
}
