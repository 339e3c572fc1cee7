import type { TraceLine } from '../sim/trace.ts';
import type { World } from '../sim/world.ts';

/** Follows a world, and says what is new in it since it was asked last. */
export interface TickLog {
  news(world: World): string[];
}

/** What every tick does, and tells nothing. */
const HOUSEKEEPING = /^(publish|sync-slots|disarm|answer|checkpoint)$/;

/** A line that the world wrote for a tick: `asked > rule: say | did, did | PROBLEM …`. */
const TICK = /^(?:\S+ > )*(\S+): (.*?)(?: \| (.*))?$/;

/**
 * Of each host the ticks in which rule or sentence are other ones than before, or something was
 * done; and what operators were told, and what the checkers found.
 */
export function newLog(): TickLog {
  const last = new Map<string, string>();
  let seen = 0;
  return {
    news(world) {
      const lines = world.trace.slice(seen);
      seen = world.trace.length;
      return lines.flatMap((line) => textOf(line, last) ?? []);
    },
  };
}

function textOf(line: TraceLine, last: Map<string, string>): string | undefined {
  const { who, text } = line;
  const start = `t=${(line.at / 1000).toFixed(1)} ${who}`;
  if (who === 'checker') return `${start} VIOLATION ${text}`;
  if (who === 'store' || who === 'client') return undefined;
  if (who === 'world') return text.startsWith('{') ? undefined : `${start} ${text}`;
  const [, rule = '', say = '', rest = ''] = TICK.exec(text) ?? [];
  if (rule === '') {
    if (last.get(who) === text) return undefined;
    if (!text.startsWith('*')) last.set(who, text);
    return `${start} ${text}`;
  }
  const did = rest.split(/ \| |, /).filter((deed) => deed !== '' && !HOUSEKEEPING.test(deed));
  // Of a countdown only its begin is new.
  const key = `${rule} ${say.replaceAll(/\d+ seconds/g, 'N seconds')}`;
  if (last.get(who) === key && did.length === 0) return undefined;
  last.set(who, key);
  return `${start} ${rule.padEnd(24)} ${say}${did.length > 0 ? ` [${did.join(', ')}]` : ''}`;
}
