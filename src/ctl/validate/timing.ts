import type { Json } from '../../model/json.ts';
import { integerOf } from '../../model/parameter-values.ts';
import { error, type Finding } from './finding.ts';

/**
 * Patroni's rule `loop_wait + 2 * retry_timeout <= ttl` (seconds), with its defaults for what is
 * not there. Patroni would change the values by itself: what is written would not be what counts.
 */
export function checkTiming(config: Readonly<Record<string, Json>>): Finding[] {
  const ttl = integerOf(config.ttl ?? 30);
  const loopWait = integerOf(config.loop_wait ?? 10);
  const retryTimeout = integerOf(config.retry_timeout ?? 10);
  if (ttl === undefined || loopWait === undefined || retryTimeout === undefined) return [];
  // Too small a value has its own error already.
  if (ttl < 20 || loopWait < 1 || retryTimeout < 3) return [];
  const needed = loopWait + 2 * retryTimeout;
  if (needed <= ttl) return [];
  const sum = `loop_wait ${loopWait} + 2 * retry_timeout ${retryTimeout} = ${needed}`;
  return [
    error('ttl', `${sum} is more than ttl ${ttl}: a leader could lose its lock while it waits`),
  ];
}
