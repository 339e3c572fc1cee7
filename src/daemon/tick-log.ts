import type { TickRecord } from '../agent/ports.ts';
import type { Logger } from '../system/log/log.ts';
import type { Level } from '../system/log/record.ts';
import type { Notifier } from './systemd.ts';
import { type SaidBefore, tickLine } from './tick-line.ts';

/** Where the ticks of an agent go. */
export interface TickLogOptions {
  readonly log: Logger;
  readonly notifier: Notifier;
  readonly monotonic: () => number;
  /** `log.deduplicate_heartbeat_logs`. */
  readonly deduplicate: () => boolean;
}

/** Puts ticks on record: news aloud, the rest quietly; systemd sees the newest sentence. */
export function tickLog(options: TickLogOptions): (tick: TickRecord) => void {
  const { log, notifier, monotonic, deduplicate } = options;
  let before: SaidBefore | undefined;
  return (tick) => {
    const { line, said } = tickLine(tick, before, { now: monotonic(), deduplicate: deduplicate() });
    before = said;
    sayAt(log, line.level)(line.message);
    if (line.level !== 'DEBUG') notifier.status(tick.say);
  };
}

function sayAt(log: Logger, level: Level): (message: string) => void {
  switch (level) {
    case 'DEBUG':
      return log.debug;
    case 'INFO':
      return log.info;
    case 'WARNING':
      return log.warning;
    case 'ERROR':
      return log.error;
    case 'CRITICAL':
      return log.critical;
  }
}
