import { lenientSeconds } from '../numbers.ts';
import { parseSchedule } from './schedule.ts';

/** What `POST /restart` asks for, or why not: an HTTP status, and Patroni's sentence. */
export type RestartReading =
  | { readonly ok: true; readonly request: RestartRequest }
  | { readonly ok: false; readonly status: number; readonly text: string };

export interface RestartRequest {
  /** Milliseconds since 1970; absent: at once. */
  readonly scheduledAt?: number;
  readonly role?: string;
  readonly postgresVersion?: string;
  readonly onlyIfPending: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

const ROLES: readonly unknown[] = ['primary', 'standby_leader', 'replica'];

/**
 * Reads the body of `POST /restart` (`do_POST_restart` of api.py): one key after the other, and the
 * first that is wrong is the answer. `nowMs`: the wall clock.
 */
export function parseRestartRequest(
  body: Readonly<Record<string, unknown>>,
  nowMs: number,
): RestartReading {
  let request: RestartRequest = { onlyIfPending: false };
  for (const [key, value] of Object.entries(body)) {
    const part = parsePart(key, value, nowMs);
    if ('status' in part) return { ok: false, ...part };
    request = { ...request, ...part };
  }
  return { ok: true, request };
}

type Part = Partial<RestartRequest> | { readonly status: number; readonly text: string };

function parsePart(key: string, value: unknown, nowMs: number): Part {
  switch (key) {
    case 'schedule': {
      const schedule = parseSchedule(value, 'restart', nowMs);
      return schedule.ok ? { scheduledAt: schedule.at } : schedule;
    }
    case 'role': {
      const wrong = 'PostgreSQL role should be either primary, standby_leader, or replica';
      return ROLES.includes(value) ? { role: String(value) } : { status: 400, text: wrong };
    }
    case 'postgres_version': {
      const wrong = versionTrouble(String(value));
      if (wrong !== undefined) return { status: 400, text: wrong };
      return { postgresVersion: String(value) };
    }
    case 'timeout': {
      const timeout = lenientSeconds(value);
      const wrong = 'Timeout should be a positive number of seconds';
      return timeout === undefined || timeout <= 0 ? { status: 400, text: wrong } : { timeout };
    }
    case 'restart_pending':
      // For Patroni it is enough that the key is there, whatever it says.
      return { onlyIfPending: true };
    default:
      return { status: 400, text: `Unknown filter for the scheduled restart: ${key}` };
  }
}

/** What is wrong with it; `15.4` and `9.6.3` are right (`postgres_version_to_int`). */
function versionTrouble(text: string): string | undefined {
  const parts = text.split('.');
  if (!parts.every((part) => /^\s*[-+]?\d+\s*$/.test(part))) {
    return `Invalid PostgreSQL version: ${text}`;
  }
  const few = parts.length < 2 || (parts.length === 2 && Number(parts[0]) < 10);
  if (!few && parts.length <= 3) return undefined;
  return `Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: ${text}`;
}
