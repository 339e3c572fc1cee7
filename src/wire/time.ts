const DAY = '(\\d{4}-\\d\\d-\\d\\d)';
const TIME = '(\\d\\d:\\d\\d)(?::(\\d\\d)(?:[.,](\\d{1,9}))?)?';
const ZONE = '(Z|[-+]\\d\\d(?::?\\d\\d)?)';
const ISO = new RegExp(`^${DAY}(?:[T ]${TIME}\\s*${ZONE}?)?$`, 'i');

/**
 * A time as Python's `isoformat` prints it, from the ways of writing it that are in use:
 * `2026-01-14T10:09:57.1394Z` → `2026-01-14T10:09:57.139400+00:00`. Undefined when it is no time.
 */
export function isoTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const parts = ISO.exec(value.trim());
  if (!parts) return undefined;
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', zone = ''] = parts;
  const micros = fraction.padEnd(6, '0').slice(0, 6);
  const time = `${day}T${minutes}:${seconds}`;
  if (Number.isNaN(Date.parse(`${time}Z`))) return undefined;
  return `${time}${/^0*$/.test(micros) ? '' : `.${micros}`}${offset(zone)}`;
}

/**
 * A time as Python's `str` prints it, from PostgreSQL's text: `2026-11-23 03:46:34.4796+00` →
 * `2026-11-23 03:46:34.479600+00:00`. What is no such time stays as it is.
 */
export function pythonTime(text: string): string {
  return isoTime(text)?.replace('T', ' ') ?? text;
}

/**
 * Seconds since 1970 of a time with an offset, to the microsecond; undefined when it is none.
 */
export function epochSeconds(text: string): number | undefined {
  const iso = isoTime(text);
  if (iso === undefined || !/[+-]\d\d:\d\d$/.test(iso)) return undefined;
  const [, whole = '', micros = '', zone = ''] = /^(.{19})(?:\.(\d{6}))?(.*)$/.exec(iso) ?? [];
  const millis = Date.parse(`${whole}${zone}`);
  // The nearest float to the decimal text, as Python's division gives it.
  return Number.isNaN(millis) ? undefined : (millis * 1000 + Number(micros || 0)) / 1_000_000;
}

function offset(zone: string): string {
  if (zone === '' || zone.toUpperCase() === 'Z') return zone === '' ? '' : '+00:00';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
