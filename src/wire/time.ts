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

function offset(zone: string): string {
  if (zone === '' || zone.toUpperCase() === 'Z') return zone === '' ? '' : '+00:00';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
