const PART = /^(?:0x[0-9a-f]{1,8}|0[0-7]{0,11}|[1-9]\d{0,9})$/i;

/**
 * An IPv4 address as the C library reads it, and PostgreSQL with it: `0` is 0.0.0.0, `10.1` is
 * 10.0.0.1, `0x0a000001` is 10.0.0.1 (inet_aton(3)). Returns its four numbers; undefined for
 * anything else.
 */
export function ipv4Of(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => PART.test(part))) return undefined;
  const numbers = parts.map((part) => (/^0[0-7]/.test(part) ? Number(`0o${part}`) : Number(part)));
  const last = numbers.pop() ?? 0;
  const room = 4 - numbers.length;
  if (numbers.some((number) => number > 255) || last >= 256 ** room) return undefined;
  const rest = Array.from({ length: room }, (_, index) => {
    return Math.floor(last / 256 ** (room - 1 - index)) % 256;
  });
  return [...numbers, ...rest].join('.');
}
