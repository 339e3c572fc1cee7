import { type Json, WholeFloat } from './json.ts';

// How Patroni (utils.py) and PostgreSQL (manual 20.1.1) read the values of settings: `on` and `yes`
// are booleans, `512MB` and `30min` are numbers with a unit.

const TRUE_WORDS = /^(?:on|true|yes|1)$/i;
const FALSE_WORDS = /^(?:off|false|no|0)$/i;

/** Bytes in a unit of memory, milliseconds in a unit of time. */
const MEMORY: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};
const TIME: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const NUMBER =
  /^\s*([-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*([A-Za-z]*)\s*$/;

/** The text of a scalar as Patroni would write it down; undefined for a list or a map. */
export function scalarText(value: Json): string | undefined {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (value instanceof WholeFloat) return String(value.value);
  if (typeof value === 'object') return undefined;
  return String(value);
}

/** A boolean in any of the spellings of Patroni; undefined for everything else. */
export function booleanOf(value: Json): boolean | undefined {
  const text = scalarText(value);
  if (text === undefined) return undefined;
  if (TRUE_WORDS.test(text)) return true;
  return FALSE_WORDS.test(text) ? false : undefined;
}

/** A whole number without a unit, as text or as number; undefined for everything else. */
export function integerOf(value: Json): number | undefined {
  if (typeof value === 'boolean') return undefined;
  const text = scalarText(value);
  return text !== undefined && /^\s*[-+]?\d+\s*$/.test(text) ? Number(text) : undefined;
}

/**
 * A number with or without a unit, in `unit` (say `s`, or `8kB`), rounded to a whole one unless
 * `fraction` is set. Undefined when it is no number or the unit does not fit.
 */
export function quantityOf(
  value: Json,
  unit: string | undefined,
  fraction = false,
): number | undefined {
  if (typeof value === 'boolean') return undefined;
  const match = NUMBER.exec(scalarText(value) ?? '');
  if (!match) return undefined;
  const number = numberOf(match[1] ?? '');
  const factor = match[2] ? conversion(match[2], unit) : 1;
  if (factor === undefined) return undefined;
  return fraction ? number * factor : Math.round(number * factor);
}

/** The units that fit a parameter with this base unit, for messages. */
export function unitsFor(unit: string): string {
  const { name } = baseUnit(unit);
  return Object.keys(name in MEMORY ? MEMORY : TIME).join(', ');
}

function numberOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  // strtol with base 0: a zero in front means octal.
  return sign * (/^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits));
}

function conversion(from: string, to: string | undefined): number | undefined {
  if (to === undefined) return undefined;
  const { count, name } = baseUnit(to);
  const table = name in MEMORY ? MEMORY : TIME;
  const [source, target] = [Object.hasOwn(table, from) ? table[from] : undefined, table[name]];
  return source === undefined || target === undefined ? undefined : source / (target * count);
}

/** `8kB` → eight of `kB`. */
function baseUnit(unit: string): { count: number; name: string } {
  const [, count = '', name = ''] = /^(\d*)(\w+)$/.exec(unit) ?? [];
  return { count: count === '' ? 1 : Number(count), name };
}

/**
 * A number in this unit (say `8kB`) in the largest unit in which it is whole: 16384 → `128MB`; as
 * Patroni prints values. Zero and below have a meaning of their own and stay as they are.
 */
export function readableQuantity(number: number, unit: string): string {
  const { count, name } = baseUnit(unit);
  const table = name in MEMORY ? MEMORY : TIME;
  const size = table[name];
  if (size === undefined || number <= 0) return String(number);
  const amount = number * count * size;
  const sizes = Object.entries(table).sort(([, one], [, other]) => other - one);
  const fits = sizes.find(([, each]) => isWhole(amount / each)) ?? sizes.at(-1);
  return fits ? `${Number((amount / fits[1]).toPrecision(6))}${fits[0]}` : String(number);
}

/** Up to what floating-point numbers leave over. */
function isWhole(number: number): boolean {
  return Math.round(number) > 0 && Math.abs(Math.round(number) / number - 1) < 1e-8;
}
