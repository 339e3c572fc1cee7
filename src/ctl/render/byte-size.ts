const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `1536` → `1.5 kB`, as PostgreSQL counts: 1 kB is 1024 bytes. */
export function byteSize(bytes: number): string {
  let rest = bytes;
  let unit = 0;
  for (; rest >= 1024 && unit < UNITS.length - 1; unit++) rest /= 1024;
  return `${rest.toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}
