import type { TickRecord } from '../agent/ports.ts';
import type { Level } from '../system/log/record.ts';

/** A line for the log. */
export interface TickLine {
  readonly level: Level;
  readonly message: string;
}

/** What was said of the ticks before. */
export interface SaidBefore {
  /** What the last line was about. */
  readonly key: string;
  /** When that was last said for all to see, in milliseconds of the monotonic clock. */
  readonly saidAt: number;
}

export interface TickLineOptions {
  /** Milliseconds of the monotonic clock. */
  readonly now: number;
  /** `log.deduplicate_heartbeat_logs`: what has not changed is not said again at all. */
  readonly deduplicate: boolean;
}

/** As often, what has not changed is said again, so that a silent log means a silent agent. */
const REPEAT_MS = 5 * 60_000;
/** A trouble that lasts is not to be overlooked. */
const REPEAT_PROBLEM_MS = 60_000;

/** Rules that say what somebody has to look after. */
const TROUBLES = new Set(['following.needs-reinitialize', 'following.stuck']);

/** Deeds of a quiet day: they are no news. */
const ROUTINE = new Set(['publish', 'sync-slots']);

/**
 * What the log says of one tick: Patroni's sentence, then the rule, what made it come out so, and
 * what was done. News is said at `INFO`, a deed that failed and a standby that needs somebody at
 * `WARNING`, a mistake of ours at `ERROR`; all else at `DEBUG`, and now and then for all to see.
 */
export function tickLine(
  tick: TickRecord,
  before: SaidBefore | undefined,
  options: TickLineOptions,
): { line: TickLine; said: SaidBefore } {
  const key = keyOf(tick);
  const level = levelOf(tick);
  const isNews = before === undefined || before.key !== key;
  const saidAt = before?.saidAt ?? 0;
  const isDue = options.now - saidAt >= (level === 'INFO' ? REPEAT_MS : REPEAT_PROBLEM_MS);
  const aloud = isNews || (isDue && !(options.deduplicate && level === 'INFO'));
  return {
    line: { level: aloud ? level : 'DEBUG', message: messageOf(tick) },
    said: { key, saidAt: aloud ? options.now : saidAt },
  };
}

function messageOf({ rule, say, because, did, problem }: TickRecord): string {
  const parts = [
    `${say} rule=${rule}`,
    because === undefined ? '' : ` because="${because}"`,
    did.length === 0 ? '' : ` did="${did.join(', ')}"`,
    problem === undefined ? '' : ` problem="${problem}"`,
  ];
  return parts.join('');
}

/** Two ticks with the same key say the same. Seconds that count down are no difference. */
function keyOf({ rule, say, did, problem }: TickRecord): string {
  const deeds = did.filter((deed) => !ROUTINE.has(deed));
  const sentence = say.replace(/\d+(?:\.\d+)? seconds/g, 'some seconds');
  return [rule, sentence, ...deeds, problem ?? ''].join('\n');
}

function levelOf({ rule, did, problem }: TickRecord): 'INFO' | 'WARNING' | 'ERROR' {
  if (problem !== undefined) return 'ERROR';
  return did.some(hasFailed) || TROUBLES.has(rule) ? 'WARNING' : 'INFO';
}

/** A deed that failed has the reason behind a colon; so has the end of the process its own. */
function hasFailed(deed: string): boolean {
  return deed.includes(': ') && !deed.startsWith('exit ');
}
