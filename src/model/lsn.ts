/** Prints a WAL position the way PostgreSQL does: `16/B374D848`. `lsn` is in bytes. */
export function formatLsn(lsn: number): string {
  const high = Math.floor(lsn / 0x1_0000_0000);
  const low = lsn % 0x1_0000_0000;
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`;
}

/** Reads a WAL position as PostgreSQL prints it, in bytes; undefined when it is none. */
export function parseLsn(text: string): number | undefined {
  const found = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text.trim());
  if (!found) return undefined;
  return Number.parseInt(found[1] ?? '', 16) * 0x1_0000_0000 + Number.parseInt(found[2] ?? '', 16);
}
