import { type LineOptions, lineFormat } from './line-format.ts';
import { LEVEL_NUMBERS, type Level, type LogRecord } from './record.ts';
import { redactor } from './redact.ts';

/** Where lines go. It never makes its caller wait. */
export interface Sink {
  /**
   * Takes as many of these lines as it can at once, from the first on, and says how many; it calls
   * `ready` when it may take more.
   */
  write(lines: readonly string[]): number;
  /** The same, and it may take a moment: the process is about to end. */
  flush(lines: readonly string[]): void;
  close(): void;
}

/** Patroni's `log` section, as far as this is about it. */
export interface LogOptions extends LineOptions {
  readonly level: string;
  /** `ERROR`: every error has its stack trace; `DEBUG`: only where the level is `DEBUG`. */
  readonly tracebackLevel: string;
  /** Levels of single loggers, and of all below them: `pgherd.rest`. */
  readonly loggers: Readonly<Record<string, string>>;
  /** Lines that may wait for the sink; 0 or less: as many as there are. */
  readonly maxQueueSize: number;
}

export interface LogContext {
  readonly options: LogOptions;
  /** Values that are hidden wherever they turn up. */
  readonly secrets: readonly string[];
  readonly openSink: (ready: () => void) => Sink;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the parts of the agent log with. */
export interface Logger {
  debug(message: string, error?: unknown): void;
  info(message: string, error?: unknown): void;
  warning(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
  critical(message: string, error?: unknown): void;
}

/**
 * The agent's log. Writing to it never waits: what the sink does not take waits in a queue, and
 * what the queue has no place for is lost and counted.
 */
export class Log {
  readonly #now: () => number;
  readonly #queue: string[] = [];
  #options: LogOptions;
  #format: (record: LogRecord) => string;
  #hide: (text: string) => string;
  #sink: Sink;
  #lost = 0;
  #closed = false;

  constructor({ options, secrets, openSink, now }: LogContext) {
    this.#now = now;
    this.#options = options;
    this.#format = lineFormat(options);
    this.#hide = redactor(secrets);
    this.#sink = openSink(() => this.#pump());
  }

  /**
   * Goes on with other options, secrets and sink; what still waits goes to the new sink. Throws
   * what `openSink` throws: then nothing has changed.
   */
  configure({ options, secrets, openSink }: Omit<LogContext, 'now'>): void {
    if (this.#closed) return;
    const before = this.#sink;
    this.#sink = openSink(() => this.#pump());
    this.#options = options;
    this.#format = lineFormat(options);
    this.#hide = redactor(secrets);
    before.close();
    this.#pump();
  }

  /** Lines that wait for the sink: `logger_queue_size` of `GET /patroni`. */
  get queueSize(): number {
    return this.#queue.length;
  }

  /** Lines lost since the log last said so: `logger_records_lost`. */
  get recordsLost(): number {
    return this.#lost;
  }

  logger(name: string): Logger {
    const at =
      (level: Level) =>
      (message: string, error?: unknown): void =>
        this.write(level, name, { message, error });
    return {
      debug: at('DEBUG'),
      info: at('INFO'),
      warning: at('WARNING'),
      error: at('ERROR'),
      critical: at('CRITICAL'),
    };
  }

  /** Writes one line, if the level of the logger lets it through. Never throws. */
  write(level: Level, logger: string, said: { message: string; error?: unknown }): void {
    if (this.#closed || LEVEL_NUMBERS[level] < this.#threshold(logger)) return;
    this.#put(this.#format(this.#record(level, logger, said)));
    this.#pump();
  }

  /** Writes what waits, and may take a moment for it; then closes the sink. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sink.flush(this.#queue.splice(0));
    this.#sink.close();
  }

  #record(
    level: Level,
    logger: string,
    { message, error }: { message: string; error?: unknown },
  ): LogRecord {
    const base = { level, logger, time: this.#now() };
    if (error === undefined) return { ...base, message: this.#hide(message) };
    const withStack = this.#options.tracebackLevel !== 'DEBUG' || this.#options.level === 'DEBUG';
    const stack = error instanceof Error ? error.stack : undefined;
    if (withStack && stack !== undefined) {
      return { ...base, message: this.#hide(message), stack: this.#hide(stack) };
    }
    // In Patroni's words.
    return { ...base, message: this.#hide(`${message}, DETAIL: '${textOf(error)}'`) };
  }

  /** The level of the nearest logger above it that has one, or of all. */
  #threshold(logger: string): number {
    const { loggers, level } = this.#options;
    for (let name = logger; name !== ''; name = name.slice(0, Math.max(name.lastIndexOf('.'), 0))) {
      const own = loggers[name];
      if (own !== undefined) return levelNumber(own);
    }
    return levelNumber(level);
  }

  #put(line: string): void {
    if (this.#isFull()) this.#lost += 1;
    else this.#queue.push(line);
  }

  #isFull(): boolean {
    const { maxQueueSize } = this.#options;
    return maxQueueSize > 0 && this.#queue.length >= maxQueueSize;
  }

  #pump(): void {
    this.#drain();
    if (this.#lost === 0 || this.#isFull()) return;
    // In Patroni's words.
    const message = `QueueHandler has lost ${this.#lost} log records`;
    this.#lost = 0;
    this.#put(this.#format(this.#record('WARNING', 'pgherd.log', { message })));
    this.#drain();
  }

  #drain(): void {
    if (this.#queue.length > 0) this.#queue.splice(0, this.#sink.write(this.#queue));
  }
}

/**
 * Says that something has happened which never may: a defect of ours. The word stands in the log
 * for tests and people to look for; it is used for nothing else.
 */
export function impossible(log: Logger, what: string, error?: unknown): void {
  log.critical(`IMPOSSIBLE: ${what}`, error);
}

function levelNumber(level: string): number {
  return Object.hasOwn(LEVEL_NUMBERS, level) ? LEVEL_NUMBERS[level as Level] : LEVEL_NUMBERS.INFO;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
