import { isRecord, type Json } from '../../model/json.ts';
import { dumpJson } from '../../model/python.ts';
import { printable } from '../text.ts';
import { fieldsOf, percentFormat } from './percent-format.ts';
import { fieldOf, type LogRecord } from './record.ts';
import { strftime } from './strftime.ts';

/** Patroni's `log` section, as far as it says what a line looks like. */
export interface LineOptions {
  readonly type: 'plain' | 'json';
  /** A format string of Python's logging; for JSON also a list of fields and of `{field: name}`. */
  readonly format: string | readonly Json[] | undefined;
  /** A format of `strftime`. */
  readonly dateformat: string | undefined;
  /** Added to every line of JSON. */
  readonly staticFields: Readonly<Record<string, Json>>;
}

const DEFAULT_FORMAT = '%(asctime)s %(levelname)s: %(message)s';

/**
 * How records become lines (Patroni's log.py, and Python's logging). A line has no newline at its
 * end, and inside of it only those of a stack trace: text from outside cannot forge a line.
 */
export function lineFormat(options: LineOptions): (record: LogRecord) => string {
  return options.type === 'json' ? jsonLine(options) : plainLine(options);
}

function plainLine({ format, dateformat }: LineOptions): (record: LogRecord) => string {
  // A list is for JSON only.
  const template = typeof format === 'string' ? format : DEFAULT_FORMAT;
  return (record) => {
    const shown = { ...record, message: printable(record.message) };
    const line = percentFormat(template, (name) =>
      fieldOf(shown, name, () => asctime(record.time, dateformat)),
    );
    return record.stack === undefined ? line : `${line}\n${stackLines(record.stack)}`;
  };
}

function stackLines(stack: string): string {
  return stack.split('\n').map(printable).join('\n');
}

/** As python-json-logger writes it: the fields in their order, then the static ones. */
function jsonLine(options: LineOptions): (record: LogRecord) => string {
  const fields = jsonFields(options.format ?? DEFAULT_FORMAT);
  return (record) => {
    const values = fields.map(([field, name]): [string, Json] => [
      name,
      fieldOf(record, field, () => asctime(record.time, options.dateformat)) ?? null,
    ]);
    const stack = record.stack === undefined ? {} : { exc_info: record.stack };
    const all = { ...Object.fromEntries(values), ...stack, ...options.staticFields };
    return dumpJson(all, { item: ', ', key: ': ' });
  };
}

/** Each field with its name in the line. */
function jsonFields(format: string | readonly Json[]): (readonly [string, string])[] {
  if (typeof format === 'string') return fieldsOf(format).map((field) => [field, field]);
  return format.flatMap((item) => {
    if (typeof item === 'string') return [[item, item] as const];
    const renamed = isRecord(item) ? Object.entries(item) : [];
    return renamed.flatMap(([field, name]) =>
      typeof name === 'string' ? [[field, name] as const] : [],
    );
  });
}

/** Without a format of its own, with milliseconds behind a comma. */
function asctime(time: number, dateformat: string | undefined): string {
  const date = new Date(time);
  if (dateformat) return strftime(dateformat, date);
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${strftime('%Y-%m-%d %H:%M:%S', date)},${milliseconds}`;
}
