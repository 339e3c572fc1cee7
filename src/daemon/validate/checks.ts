import { splitHostPort } from '../../config/agent/host-port.ts';
import { isRecord, type Json } from '../../model/json.ts';
import { lenientBoolean, lenientInteger, lenientSeconds } from '../../wire/numbers.ts';
import { first, judge, passes, type Rule, typed } from './rules.ts';
import type { ValidationWorld } from './world.ts';

// The checks of Patroni's validator.py, with its words.

export const text = typed('a string', (value) => typeof value === 'string');
export const flag = typed('a boolean', (value) => typeof value === 'boolean');
export const dictionary = typed('a dictionary', isRecord);
/** In Python a boolean is an integer as well. */
export const integer = typed('an integer', isInteger);

function isInteger(value: Json): boolean {
  if (typeof value === 'number') return Number.isInteger(value);
  return typeof value === 'bigint' || typeof value === 'boolean';
}

/** Whole numbers, also as text; `strict`: not as text. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly strict?: boolean;
  /** A time with a unit is allowed. */
  readonly time?: boolean;
  readonly multipleOf?: number;
}

/** A whole number in a range. */
export function whole(range: Range): Rule {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  const inRange = passes((value) => {
    const number = range.time ? lenientSeconds(value) : lenientInteger(value);
    const fits = number !== undefined && number >= min && number <= max;
    return fits && number % (range.multipleOf ?? 1) === 0 ? undefined : 'Wrong value';
  });
  return range.strict ? first(integer, inRange) : inRange;
}

/** One of these words. */
export function word(...words: readonly string[]): Rule {
  return passes((value) =>
    typeof value === 'string' && words.includes(value) ? undefined : 'Wrong value',
  );
}

/** One of these words, in any case. */
export function anyCase(...words: readonly string[]): Rule {
  return passes((value) =>
    typeof value === 'string' && words.includes(value.toLowerCase()) ? undefined : 'Wrong value',
  );
}

export const synchronousMode = passes((value) => {
  const quorum = typeof value === 'string' && value.toLowerCase() === 'quorum';
  const known = quorum || lenientBoolean(value) !== undefined;
  return known ? undefined : 'invalid value for synchronous_mode';
});

export const watchdogMode = passes((value) => {
  if (typeof value !== 'string' && typeof value !== 'boolean') {
    return 'expected type is not a string';
  }
  const known = value === false || ['off', 'automatic', 'required'].includes(String(value));
  return known ? undefined : 'Wrong value';
});

export const logFormat = passes((value) => {
  if (typeof value === 'string') return undefined;
  if (!Array.isArray(value)) return 'Should be a string or a list';
  if (value.length === 0) return 'should contain at least one item';
  const fits = (item: Json): boolean => {
    const [name, ...others] = isRecord(item) ? Object.values(item) : [item];
    return typeof name === 'string' && others.length === 0;
  };
  return value.every(fits)
    ? undefined
    : 'each item should be a string or a dictionary with string values';
});

const LOCAL = ['127.0.0.1', '0.0.0.0', '*', '::1', 'localhost'];

/** Where others can reach it. */
export const connectAddress = first(
  text,
  passes((value) => {
    const address = splitHostPort(String(value), 1);
    if (!address) return 'contains a wrong value';
    if (!LOCAL.includes(address.host)) return undefined;
    return 'must not contain "127.0.0.1", "0.0.0.0", "*", "::1", "localhost"';
  }),
);

/** What is asked of the addresses in a configuration. */
export interface AddressOptions {
  readonly world: Pick<ValidationWorld, 'answers'>;
  /** Something may listen there already. */
  readonly ignoreListenPort: boolean;
}

/** `host:port` where somebody must answer. */
export function reachable({ world }: AddressOptions): Rule {
  return passes(async (value) => {
    const address = typeof value === 'string' ? splitHostPort(value, 1) : undefined;
    if (!address) return 'contains a wrong value';
    const found = await ask(world, address.host, address.port);
    if (typeof found === 'string') return found;
    return found ? undefined : `${value} is not reachable`;
  });
}

/** Several of them, with commas between. */
export function allReachable(options: AddressOptions): Rule {
  const split = (value: Json): readonly string[] => String(value).split(',');
  return first(
    text,
    eachReachable(options, (value) => split(value).map((part) => part.trim())),
  );
}

/** A list of them. */
export function reachableList(options: AddressOptions): Rule {
  const array = typed('an array', Array.isArray);
  return first(
    array,
    eachReachable(options, (value) => value as readonly Json[]),
  );
}

function eachReachable(options: AddressOptions, partsOf: (value: Json) => readonly Json[]): Rule {
  const one = reachable(options);
  return async (value) => {
    for (const part of partsOf(value)) {
      const [verdict] = await one(part);
      if (verdict && !verdict.ok) return [{ ...verdict, value }];
    }
    return [judge(true, '', { value })];
  };
}

/** `host:port`, or several hosts with commas, where nobody listens yet. */
export function listenable(options: AddressOptions & { readonly several?: true }): Rule {
  const { world, ignoreListenPort, several } = options;
  return first(
    text,
    passes(async (value) => {
      const address = splitHostPort(String(value), 1);
      if (!address) return 'contains a wrong value';
      const hosts = several ? address.host.split(',') : [address.host];
      if (hosts.includes('*') && hosts.length > 1) return "expecting '*' alone";
      for (const host of hosts.flatMap((one) => (one === '*' ? ['0.0.0.0', '::'] : [one]))) {
        const found = await ask(world, host, address.port);
        if (typeof found === 'string') return found;
        if (found && !ignoreListenPort) return `Port ${address.port} is already in use.`;
      }
      return undefined;
    }),
  );
}

/** Whether somebody answers; as text, why that cannot be known. */
async function ask(
  world: Pick<ValidationWorld, 'answers'>,
  host: string,
  port: number,
): Promise<boolean | string> {
  try {
    return await world.answers(host, port);
  } catch (error) {
    // What Python calls it.
    if (isRecord(error) && error.code === 'ENOTFOUND') {
      return '[Errno -2] Name or service not known';
    }
    return error instanceof Error ? error.message : String(error);
  }
}
