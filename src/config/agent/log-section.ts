import { isRecord, type Json } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import type { LogSettings } from '../agent-settings.ts';
import {
  flagIn,
  integerIn,
  type Section,
  sectionIn,
  textIn,
  textMapIn,
  valueIn,
  wrongValue,
} from '../section.ts';

/** Python's levels, with their other names and their numbers. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ['DEBUG', 'DEBUG'],
  ['INFO', 'INFO'],
  ['WARN', 'WARNING'],
  ['WARNING', 'WARNING'],
  ['ERROR', 'ERROR'],
  ['FATAL', 'CRITICAL'],
  ['CRITICAL', 'CRITICAL'],
  ['10', 'DEBUG'],
  ['20', 'INFO'],
  ['30', 'WARNING'],
  ['40', 'ERROR'],
  ['50', 'CRITICAL'],
]);

/** Reads `log` with Patroni's defaults (its log.py). Throws a `Refusal` for wrong types. */
export function readLog(config: Section, warnings: string[]): LogSettings {
  const section = sectionIn(config, 'log') ?? { name: 'log', values: {} };
  const type = textIn(section, 'type') ?? 'plain';
  if (type !== 'plain' && type !== 'json') {
    warnings.push(`log.type is "${printable(type)}", which is neither plain nor json: it is plain`);
  }
  const loggers = Object.keys(textMapIn(section, 'loggers') ?? {});
  return {
    type: type === 'json' ? 'json' : 'plain',
    level: levelIn(section, 'level', 'INFO'),
    tracebackLevel: levelIn(section, 'traceback_level', 'ERROR'),
    format: readFormat(section),
    dateformat: textIn(section, 'dateformat'),
    staticFields: sectionIn(section, 'static_fields')?.values ?? {},
    dir: textIn(section, 'dir'),
    fileNum: integerIn(section, 'file_num') ?? 4,
    fileSize: integerIn(section, 'file_size') ?? 25_000_000,
    mode: integerIn(section, 'mode'),
    maxQueueSize: integerIn(section, 'max_queue_size') ?? 1000,
    loggers: Object.fromEntries(
      loggers.map((name) => {
        const below = sectionIn(section, 'loggers') ?? section;
        return [name, levelIn(below, name, 'INFO')];
      }),
    ),
    deduplicateHeartbeatLogs: flagIn(section, 'deduplicate_heartbeat_logs'),
  };
}

function levelIn(section: Section, key: string, fallback: string): string {
  const level = LEVELS.get((textIn(section, key) ?? fallback).toUpperCase());
  if (level !== undefined) return level;
  throw wrongValue(section, key, 'must be DEBUG, INFO, WARNING, ERROR or CRITICAL');
}

/** A text with `%(field)s`, or for JSON a list of fields and of renamed fields. */
function readFormat(section: Section): string | readonly Json[] | undefined {
  const value = valueIn(section, 'format');
  if (value === undefined || typeof value === 'string') return value;
  if (Array.isArray(value) && value.every(isField)) return value as readonly Json[];
  throw wrongValue(section, 'format', 'must be text, or a list of fields and of maps field: name');
}

function isField(field: Json): boolean {
  if (typeof field === 'string') return true;
  if (!isRecord(field)) return false;
  const names = Object.values(field);
  return names.length === 1 && typeof names[0] === 'string';
}
