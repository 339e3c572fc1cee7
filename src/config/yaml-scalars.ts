import { type Json, WholeFloat } from '../model/json.ts';

// What a scalar without quotes means in YAML 1.1 as PyYAML's safe loader reads it, which is what
// Patroni does with its files (PyYAML's resolver.py and constructor.py). It differs from the YAML
// 1.1 of other parsers: `y` and `1e3` are text, `1:30` is 90, `010` is 8.

const BOOL = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const TRUE = /^(?:yes|true|on)$/i;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INT = oneOf(
  /[-+]?0b[01_]+/,
  /[-+]?0[0-7_]+/,
  /[-+]?(?:0|[1-9][0-9_]*)/,
  /[-+]?0x[0-9a-fA-F_]+/,
  /[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+/,
);
const FLOAT = oneOf(
  /[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?/,
  /\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?/,
  /[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*/,
  /[-+]?\.(?:inf|Inf|INF)/,
  /\.(?:nan|NaN|NAN)/,
);

function oneOf(...forms: readonly RegExp[]): RegExp {
  return new RegExp(`^(?:${forms.map((form) => form.source).join('|')})$`);
}

/**
 * The value of a scalar that was written without quotes and without a tag. Dates stay text: Patroni
 * has no use for them. Whole numbers beyond 2^53 are `bigint`.
 */
export function plainScalar(text: string): Json {
  if (NULL.test(text)) return null;
  if (BOOL.test(text)) return TRUE.test(text);
  if (INT.test(text)) return wholeNumber(text) ?? text;
  if (FLOAT.test(text)) return floatNumber(text);
  return text;
}

/**
 * The value of a scalar with one of YAML's own tags (`int` for `!!int`); undefined if it is not
 * one.
 */
export function taggedScalar(tag: string, text: string): Json | undefined {
  switch (tag) {
    case 'str':
    case 'timestamp':
      return text;
    case 'null':
      return null;
    case 'bool':
      return BOOL.test(text) ? TRUE.test(text) : undefined;
    case 'int':
      return INT.test(text) ? wholeNumber(text) : undefined;
    case 'float':
      return FLOAT.test(text) || INT.test(text) ? floatNumber(text) : undefined;
    default:
      return undefined;
  }
}

/** `-0x1F`, `010`, `1_000`, `1:30:00`; undefined when underscores are all there is. */
function wholeNumber(text: string): number | bigint | undefined {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase();
  if (digits === '' || digits === '0b' || digits === '0x') return undefined;
  const size = magnitude(digits);
  const value = negative ? -size : size;
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value;
}

function magnitude(digits: string): bigint {
  if (digits.includes(':')) {
    return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  }
  if (/^0[0-7]/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return BigInt(digits);
}

/** `1.0` stays a float, as in Python: written to the DCS it is not to become the integer 1. */
function floatNumber(text: string): number | WholeFloat {
  const value = floatValue(text);
  return Number.isInteger(value) ? new WholeFloat(value) : value;
}

function floatValue(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase();
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  if (!digits.includes(':')) return sign * Number(digits);
  return sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}
