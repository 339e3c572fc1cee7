import type { Json } from '../../model/json.ts';

/** Python's levels, which Patroni's configuration names. */
export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export const LEVEL_NUMBERS: Readonly<Record<Level, number>> = {
  DEBUG: 10,
  INFO: 20,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
};

/** One line of the log, before it is text. */
export interface LogRecord {
  readonly level: Level;
  /** Who says it: `pgherd.agent`. */
  readonly logger: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The stack trace of an error. */
  readonly stack?: string;
}

/** What the field of a record is called in Python, and its value; undefined: no such field. */
export function fieldOf(record: LogRecord, name: string, asctime: () => string): Json | undefined {
  switch (name) {
    case 'asctime':
      return asctime();
    case 'message':
    case 'msg':
      return record.message;
    case 'levelname':
      return record.level;
    case 'levelno':
      return LEVEL_NUMBERS[record.level];
    case 'name':
      return record.logger;
    case 'created':
      return record.time / 1000;
    case 'msecs':
      return record.time % 1000;
    case 'relativeCreated':
      return Math.round(record.time - performance.timeOrigin);
    case 'process':
    case 'thread':
      return process.pid;
    case 'processName':
      return 'MainProcess';
    case 'threadName':
      return 'MainThread';
    case 'module':
    case 'filename':
    case 'pathname':
    case 'funcName':
      return record.logger;
    case 'lineno':
      return 0;
    default:
      return undefined;
  }
}
