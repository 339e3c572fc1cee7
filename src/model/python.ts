import { InvariantError } from './errors.ts';
import { isRecord, WholeFloat } from './json.ts';

/**
 * A float as Python's `repr` prints it: the shortest digits that give it back, with an exponent
 * below 1e-4 and from 1e16 on (Python's documentation, "Floating Point Arithmetic").
 */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** A number of any kind as Python prints it: `1`, `1.0`, `0.5`, `1e-07`. */
export function pythonNumber(value: number | bigint | WholeFloat): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof WholeFloat) return pythonFloat(value.value);
  if (Number.isSafeInteger(value)) return String(value);
  return Number.isInteger(value) ? BigInt(value).toString() : pythonFloat(value);
}

/** Python's `round`: to the nearest whole number, halves to the even one. */
export function pythonRound(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** What Python writes between the items of JSON, and between a key and its value. */
export interface JsonSeparators {
  readonly item: string;
  readonly key: string;
}

/**
 * JSON as Python's `json.dumps` prints it: all but ASCII as `\uXXXX`, floats as `repr` does, keys
 * in their order. Entries that are `undefined` are left out.
 */
export function dumpJson(value: unknown, separators: JsonSeparators): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quoteJson(value);
  if (typeof value === 'bigint' || value instanceof WholeFloat) return jsonNumber(value);
  if (typeof value === 'number') return jsonNumber(value);
  if (Array.isArray(value)) {
    return `[${value.map((item) => dumpJson(item, separators)).join(separators.item)}]`;
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    const texts = entries.map(
      ([key, entry]) => quoteJson(key) + separators.key + dumpJson(entry, separators),
    );
    return `{${texts.join(separators.item)}}`;
  }
  throw new InvariantError(`not JSON: ${typeof value}`);
}

function jsonNumber(value: number | bigint | WholeFloat): string {
  const text = pythonNumber(value);
  if (text === 'nan') return 'NaN';
  return text.replace('inf', 'Infinity');
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Nothing in it needs an escape. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoteJson(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const escaped = text.replace(
    /["\\]|[^ -~]/g,
    (unit) => SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** Orders text by code points, as Python's `sorted` does (not by UTF-16 units). */
export function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const left = one.charCodeAt(index);
    const right = other.charCodeAt(index);
    if (left === right) continue;
    const surrogates = ((left & 0xf800) === 0xd800) !== ((right & 0xf800) === 0xd800);
    // A surrogate pair stands for a code point above every single unit.
    if (surrogates) return (left & 0xf800) === 0xd800 ? 1 : -1;
    return left - right;
  }
  return one.length - other.length;
}
