import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
};

/**
 * `500ms`, `2.5s`, `1min`, `30` (seconds) → milliseconds. All else, and what is not within the
 * limits, is wrong usage; `flag` is named then.
 */
export function parseDuration(
  text: string,
  { flag, leastMs, mostMs }: { flag: string; leastMs: number; mostMs: number },
): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|min)?$/.exec(text.trim()) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (ms >= leastMs && ms <= mostMs) return ms;
  throw new Refusal(
    'usage',
    `${flag} wants a duration from ${leastMs} ms to ${mostMs / 1000} s, not "${printable(text)}"`,
    { hint: 'for example 500ms, 2.5s or 1min', usage: true },
  );
}
