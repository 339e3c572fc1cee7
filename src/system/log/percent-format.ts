import { type Json, WholeFloat } from '../../model/json.ts';
import { pythonNumber } from '../../model/python.ts';

/** `%(name)s` with Python's flags, width, precision and kind; or `%%`. */
const PLACE = /%(?:%|\((\w+)\)([-#0 +]*)(\d+)?(?:\.(\d+))?([sdiufFr]))/g;

/**
 * Fills a format string of Python's logging (`%(asctime)s %(levelname)-8s`) with what `find` gives;
 * a field that nobody knows stays as it is.
 */
export function percentFormat(format: string, find: (field: string) => Json | undefined): string {
  return format.replace(PLACE, (place: string, field?: string, ...rest: (string | undefined)[]) => {
    if (field === undefined) return '%';
    const value = find(field);
    if (value === undefined) return place;
    const [flags = '', width, precision, kind = 's'] = rest;
    return padded(converted(value, kind, precision), flags, Number(width ?? 0));
  });
}

/** The fields in a format string, in their order. */
export function fieldsOf(format: string): string[] {
  return [...format.matchAll(PLACE)].flatMap(([, field]) => (field === undefined ? [] : [field]));
}

function converted(value: Json, kind: string, precision: string | undefined): string {
  if (kind === 's' || kind === 'r') {
    const text = textOf(value);
    return precision === undefined ? text : text.slice(0, Number(precision));
  }
  const number = Number(value);
  if (kind === 'f' || kind === 'F') return number.toFixed(Number(precision ?? 6));
  return String(Math.trunc(number));
}

function textOf(value: Json): string {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber || value instanceof WholeFloat ? pythonNumber(value) : String(value);
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  const zeros = flags.includes('0') && /^-?\d/.test(text);
  if (!zeros) return text.padStart(width);
  const sign = text.startsWith('-') ? '-' : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
