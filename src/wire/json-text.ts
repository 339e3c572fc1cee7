import { isRecord, type Json, WholeFloat } from '../model/json.ts';
import { dumpJson } from '../model/python.ts';

/** Patroni's own documents are four levels deep; what is deeper than this is junk. */
const MAX_DEPTH = 100;

/** A number where a value may stand, that JavaScript would not give back as it was written. */
const DELICATE = /(?:^|[:[,])\s*-?(?:\d+[.eE]|\d{16}|NaN|Infinity)/;

/** A string, or a number outside of strings. */
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:Infinity|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|NaN/g;

/**
 * While `JSON.parse` is at work, a delicate number is a string that starts with NUL and `#`, and a
 * string that starts with NUL has NUL and `s` before it. (In JSON, NUL is always escaped.)
 */
const NUMBER = '\u0000#';
const NUL_STRING = '\u0000s';

/**
 * Parses JSON as Python's `json.loads` does, `NaN` included, without loss: an integer too large for
 * a `number` becomes a `bigint`, a float without a fraction a `WholeFloat`. `__proto__` is a key
 * like any other. Throws `SyntaxError` for anything else, and for more than 100 levels.
 */
export function parseJson(text: string): Json {
  const value = DELICATE.test(text)
    ? unmark(JSON.parse(text.replace(TOKEN, mark)) as Json, 0)
    : (JSON.parse(text) as Json);
  if (depthExceeds(value, MAX_DEPTH)) throw new SyntaxError('too deeply nested');
  return value;
}

/** JSON as Patroni writes it: Python's, without blanks. */
export function compactJson(value: unknown): string {
  return dumpJson(value, { item: ',', key: ':' });
}

/** Parses JSON that should be a map; undefined when it is anything else. */
export function parseRecord(text: string): Record<string, Json> | undefined {
  const value = parseOrNothing(text);
  return isRecord(value) ? (value as Record<string, Json>) : undefined;
}

/** Parses JSON; undefined when it is none. */
export function parseOrNothing(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    // Not a SyntaxError alone: text made to break a parser may exhaust the stack as well.
    return undefined;
  }
}

function mark(token: string): string {
  if (token.startsWith('"')) {
    return token.startsWith('"\\u0000') ? `"\\u0000s${token.slice(1)}` : token;
  }
  // A number with a needless zero is not JSON: it is left for JSON.parse to refuse.
  if (/^-?(?:\d{1,15}|0\d.*)$/.test(token)) return token;
  return `"\\u0000#${token}"`;
}

function unmark(value: Json, depth: number): Json {
  if (depth > MAX_DEPTH) throw new SyntaxError('too deeply nested');
  if (typeof value === 'string') return unmarkText(value);
  if (Array.isArray(value)) return value.map((item: Json) => unmark(item, depth + 1));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value as Record<string, Json>).map(([key, item]) => {
    if (key.startsWith(NUMBER)) throw new SyntaxError('a number is no key');
    return [unmarkText(key), unmark(item, depth + 1)];
  });
  return Object.fromEntries(entries) as Json;
}

function unmarkText(text: string): string | number | bigint | WholeFloat {
  if (text.startsWith(NUL_STRING)) return text.slice(NUL_STRING.length);
  if (!text.startsWith(NUMBER)) return text;
  const digits = text.slice(NUMBER.length);
  const number = Number(digits);
  if (/^-?\d+$/.test(digits)) return Number.isSafeInteger(number) ? number : BigInt(digits);
  return Number.isInteger(number) ? new WholeFloat(number) : number;
}

function depthExceeds(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof WholeFloat) return false;
  if (limit === 0) return true;
  if (Array.isArray(value)) return value.some((item: Json) => depthExceeds(item, limit - 1));
  const record = value as Readonly<Record<string, Json>>;
  for (const key in record) if (depthExceeds(record[key] ?? null, limit - 1)) return true;
  return false;
}
