import { isoTime } from '../time.ts';

/** A time that was asked for, or what is wrong with it: an HTTP status, and Patroni's sentence. */
export type ScheduleReading =
  | {
      readonly ok: true;
      /** Milliseconds since 1970. */
      readonly at: number;
      /** As Python's `isoformat()` prints it, with the offset that was given. */
      readonly iso: string;
    }
  | { readonly ok: false; readonly status: 400 | 422; readonly text: string };

const UNREADABLE =
  'Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601';

const COMPACT = /^(\d{4})(\d\d)(\d\d)[T ](\d\d):?(\d\d):?(\d\d)?(?=\D|$)/i;

/**
 * Reads the time of a scheduled `action` as Patroni does (`parse_schedule` of api.py): ISO 8601,
 * with a time zone, not in the past. `nowMs`: the wall clock.
 */
export function parseSchedule(value: unknown, action: string, nowMs: number): ScheduleReading {
  const iso = typeof value === 'string' ? isoTime(plain(value)) : undefined;
  if (iso === undefined) return { ok: false, status: 422, text: UNREADABLE };
  if (!/[-+]\d\d:\d\d$/.test(iso)) {
    const text = `Timezone information is mandatory for the scheduled ${action}`;
    return { ok: false, status: 400, text };
  }
  const at = Date.parse(iso);
  if (at < nowMs) return { ok: false, status: 422, text: `Cannot schedule ${action} in the past` };
  return { ok: true, at, iso };
}

/** Other ways to write the same that `dateutil` understands and people use. */
function plain(text: string): string {
  return text
    .trim()
    .replace(/\s*(?:UTC|GMT)$/i, 'Z')
    .replace(COMPACT, (_, ...parts: (string | undefined)[]) => {
      const [year, month, day, hour, minute, second = '00'] = parts;
      return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
    });
}
