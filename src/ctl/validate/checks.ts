import { isRecord, type Json } from '../../model/json.ts';
import { booleanOf, integerOf, quantityOf, scalarText } from '../../model/parameter-values.ts';
import { printable } from '../../system/text.ts';

/** Says what is wrong with a value, as the end of a sentence that starts with it; or nothing. */
export type Check = (value: Json) => string | undefined;

/** A whole number of at least `least`, and at most `most`. */
export function integer(least: number, most = Number.POSITIVE_INFINITY): Check {
  return (value) => {
    const number = integerOf(value);
    if (number === undefined) return 'is not a whole number';
    if (number < least) return `is less than ${least}`;
    return number > most ? `is more than ${most}` : undefined;
  };
}

/** A time such as `30min`, in seconds when there is no unit. */
export const interval: Check = (value) => {
  const seconds = quantityOf(value, 's');
  if (seconds === undefined) return 'is not a time, such as 30min (units: us, ms, s, min, h, d)';
  return seconds < 0 ? 'is less than 0' : undefined;
};

/** Yes or no, in any spelling of YAML 1.1. */
export const boolean: Check = (value) =>
  booleanOf(value) === undefined ? 'is not on or off' : undefined;

/** `off`, `on` or `quorum`. */
export const synchronousMode: Check = (value) =>
  booleanOf(value) === undefined && String(value).toLowerCase() !== 'quorum'
    ? 'is not off, on or quorum'
    : undefined;

/** One word or number; not a list, not a map. */
export const text: Check = (value) =>
  scalarText(value) === undefined || typeof value === 'boolean' ? 'is not text' : undefined;

/** One of these words. */
export function oneOf(...words: readonly string[]): Check {
  return (value) => (words.includes(String(value)) ? undefined : `is none of ${words.join(', ')}`);
}

/** A list of lines or words. */
export const textList: Check = (value) => {
  if (!Array.isArray(value)) return 'is not a list';
  return value.every((item: Json) => typeof item === 'string')
    ? undefined
    : 'has an item that is not text';
};

/** A list of words, or one line with commas. */
export const words: Check = (value) => (typeof value === 'string' ? undefined : textList(value));

/** One port, or a list of them with commas. */
export const ports: Check = (value) => {
  const parts = (scalarText(value) ?? '').split(',');
  const wrong = parts.find((part) => integer(1, 65_535)(part.trim()) !== undefined);
  return wrong === undefined ? undefined : 'is not a port';
};

/** A map of anything. */
export const map: Check = (value) => (isRecord(value) ? undefined : 'is not a map');

/** Anything at all. */
export const anything: Check = () => undefined;

/** The value as a message may show it: one line, not too long. */
export function shown(value: Json): string {
  if (value === null) return 'null';
  const flat = scalarText(value) ?? (Array.isArray(value) ? 'a list' : 'a map');
  return printable(flat.length > 60 ? `${flat.slice(0, 60)}…` : flat);
}
