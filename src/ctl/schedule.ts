import { Refusal } from '../model/errors.ts';
import type { Clock } from '../system/clock.ts';
import { printable } from '../system/text.ts';

/** A moment to come. */
export interface Schedule {
  /** As Python's `isoformat()` prints it, in the zone it was given in: what Patroni is sent. */
  readonly iso: string;
  /** The same moment in UTC, ISO 8601 with `Z` and seconds, for people and JSON. */
  readonly utc: string;
}

/** A zone of a test; `local` is the zone of this machine. */
export type Zone = string;

const DATE = String.raw`(?<year>\d{4})-?(?<month>\d\d)-?(?<day>\d\d)`;
const SECOND = String.raw`(?::?(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?`;
const TIME = String.raw`(?<hour>\d\d?):?(?<minute>\d\d)${SECOND}`;
const OFFSET = String.raw`(?<offset>Z|UTC|GMT|[+-](?:0?\d|1[0-4])(?::?[0-5]\d)?)`;
const SCHEDULE = new RegExp(`^(?:${DATE})?(?:[T ]+)?(?:${TIME})?(?: *${OFFSET})?$`, 'i');

/**
 * Reads what `--scheduled` may say: ISO 8601, `YYYY-MM-DD HH:MM[:SS]`, a date, or a time of today,
 * each with an offset or `Z`, or without one, which means the zone of this machine. `now` and an
 * empty text are undefined. All else is a `Refusal`, also what dateutil would guess a meaning for
 * (`01/02/2026`), and a local time that a change of the clocks skips.
 */
export async function parseSchedule(
  text: string,
  clock: Pick<Clock, 'now'>,
  zone: Zone = 'local',
): Promise<Schedule | undefined> {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'now') return undefined;
  const parts = SCHEDULE.exec(trimmed)?.groups;
  // A time alone needs its colon: `2026-01` is no 20:26 in a zone one hour west.
  if (!parts || (parts.year === undefined && !/^\d\d?:/.test(trimmed))) throw notUnderstood(text);
  const { DateTime, FixedOffsetZone } = await import('luxon');
  const minutes = offsetMinutes(parts.offset);
  const target = minutes === undefined ? zone : FixedOffsetZone.instance(minutes);
  const today = DateTime.fromJSDate(clock.now()).setZone(target);
  const wanted = {
    year: Number(parts.year ?? today.year),
    month: Number(parts.month ?? today.month),
    day: Number(parts.day ?? today.day),
    hour: Number(parts.hour ?? 0),
    minute: Number(parts.minute ?? 0),
    second: Number(parts.second ?? 0),
    millisecond: Number((parts.fraction ?? '').padEnd(3, '0').slice(0, 3)),
  };
  const moment = DateTime.fromObject(wanted, { zone: target });
  if (!moment.isValid || wanted.hour > 23) throw notUnderstood(text);
  if (moment.hour !== wanted.hour || moment.minute !== wanted.minute) throw skipped(text);
  const fraction = wanted.millisecond === 0 ? '' : `.${moment.toFormat('SSS')}000`;
  return {
    iso: `${moment.toFormat("yyyy-MM-dd'T'HH:mm:ss")}${fraction}${moment.toFormat('ZZ')}`,
    utc: `${moment.toUTC().toFormat("yyyy-MM-dd'T'HH:mm:ss")}${fraction.slice(0, 4)}Z`,
  };
}

/** `+02:00`, `-3`, `Z` → minutes east of UTC; undefined for none. */
function offsetMinutes(offset: string | undefined): number | undefined {
  if (offset === undefined) return undefined;
  const parts = /^([+-])(\d{1,2}):?(\d\d)?$/.exec(offset);
  if (!parts) return 0;
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0);
  return parts[1] === '-' ? -minutes : minutes;
}

function notUnderstood(text: string): Refusal {
  return new Refusal(
    'bad-schedule',
    `Unable to parse scheduled timestamp (${printable(text)}). ` +
      'It should be in an unambiguous format (e.g. ISO 8601)',
    { hint: 'for example 2026-01-31T23:30+01:00, or 2026-01-31 23:30 in local time' },
  );
}

function skipped(text: string): Refusal {
  return new Refusal(
    'bad-schedule',
    `There is no such local time as ${printable(text)}: the clocks go forward then`,
    { hint: 'add an offset, e.g. +00:00' },
  );
}
