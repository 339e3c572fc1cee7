import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What a device does, as the kernel shows it. */
export interface DeviceLimits {
  /** Seconds without a sign of life until the host is reset. */
  readonly timeout: number;
  /** Once started it cannot be stopped. */
  readonly noWayOut: boolean;
}

/** Seconds. `safetyMargin` -1: half of `ttl`. */
interface Timing {
  readonly device: string;
  readonly ttl: number;
  readonly loopWait: number;
  readonly safetyMargin: number;
}

/** After how many seconds without a renewal the host has to be reset (Patroni's arithmetic). */
export function watchdogTimeout({ ttl, safetyMargin }: Pick<Timing, 'ttl' | 'safetyMargin'>) {
  return safetyMargin === -1 ? Math.floor(ttl / 2) : ttl - safetyMargin;
}

/**
 * Whether to start the device, whether it is `safe` then (the host is reset before the lease ends),
 * and what is wrong with it. A device that runs out between two ticks is not started at all.
 */
export function judgeWatchdog(
  timing: Timing,
  limits: DeviceLimits | undefined,
): { start: boolean; safe: boolean; problem?: string } {
  const { device, loopWait, ttl } = timing;
  const wanted = watchdogTimeout(timing);
  if (wanted < loopWait) {
    const problem = `ttl ${ttl} leaves the watchdog less than loop_wait, ${loopWait} seconds`;
    return { start: false, safe: false, problem };
  }
  if (!limits) {
    const problem = `the time-out of the watchdog ${device} cannot be seen`;
    return { start: true, safe: false, problem };
  }
  const found = `the watchdog ${device} runs out after ${limits.timeout} seconds`;
  if (limits.timeout < loopWait) {
    return { start: false, safe: false, problem: `${found}, before loop_wait` };
  }
  if (limits.timeout > wanted) {
    return { start: true, safe: false, problem: `${found}, not after ${wanted}` };
  }
  return { start: true, safe: true };
}

/** Undefined: the kernel does not show this device. */
export function readLimits(
  device: string,
  sysfs = '/sys/class/watchdog',
): DeviceLimits | undefined {
  // The old name of the first one.
  const name = basename(device) === 'watchdog' ? 'watchdog0' : basename(device);
  const folder = join(sysfs, name);
  if (!existsSync(join(folder, 'timeout'))) return undefined;
  const read = (file: string): number => Number(readFileSync(join(folder, file), 'utf8'));
  const noWayOut = existsSync(join(folder, 'nowayout')) && read('nowayout') === 1;
  return { timeout: read('timeout'), noWayOut };
}
