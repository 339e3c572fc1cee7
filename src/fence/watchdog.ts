import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import type { FenceSight } from '../ha/facts.ts';
import {
  type DeviceLimits,
  judgeWatchdog,
  readLimits,
  watchdogTimeout,
} from './watchdog-limits.ts';

/** `watchdog` of the configuration, with the timing of the cluster. All times in seconds. */
export interface WatchdogConfig {
  readonly mode: 'off' | 'automatic' | 'required';
  readonly device: string;
  /** -1: half of `ttl`. */
  readonly safetyMargin: number;
  readonly ttl: number;
  readonly loopWait: number;
}

export interface WatchdogOptions {
  /** As it is at this moment: `ttl` and `loop_wait` can change at any time. */
  readonly config: () => WatchdogConfig;
  /** For the log: one sentence. */
  readonly say: (text: string) => void;
  /** Where the kernel shows the devices' limits. */
  readonly sysfs?: string;
  /** Sets a device's time-out; by default with `wdctl`. */
  readonly setTimeout?: (device: string, seconds: number) => void;
}

/** What ends the counting when the device is closed after it: the kernel's "magic close". */
const MAGIC_CLOSE = 'V';
/** It opens the device, sets, and closes. */
const WDCTL_WITHIN_MS = 2000;

interface Opened {
  readonly file: number;
  readonly device: string;
  /** What was asked for, in seconds. */
  readonly timeout: number;
  readonly limits: DeviceLimits | undefined;
  /** It would reset the host before the lease ends. */
  readonly safe: boolean;
}

/**
 * The hardware or kernel watchdog (`/dev/watchdog`): it resets a host whose agent has not renewed
 * its lease for `ttl - safety_margin`. As in Patroni it counts only on a leader.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #opened: Opened | undefined;
  /** What could not be opened: it is tried again when the configuration or the leader changes. */
  #failed: string | undefined;
  #told = '';

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Whether it would protect, or does. On a node that does not lead, as far as can be seen. */
  sight(): FenceSight['watchdog'] {
    const config = this.#options.config();
    if (config.mode === 'off') return 'off';
    if (this.#opened) return this.#opened.safe ? 'usable' : 'unusable';
    const hopeless = watchdogTimeout(config) < config.loopWait || this.#failed === nameOf(config);
    return !hopeless && isWritable(config.device) ? 'usable' : 'unusable';
  }

  /** Once for every lease. The first one opens the device, and waits for `wdctl` if it must. */
  keepAlive(): void {
    const config = this.#options.config();
    const opened = this.#opened;
    const same = opened?.device === config.device && opened.timeout === watchdogTimeout(config);
    if (config.mode === 'off' || (opened && !same)) this.disarm();
    if (config.mode === 'off') return;
    if (!this.#opened && this.#failed !== nameOf(config)) this.#open(config);
    this.#write('1');
  }

  /** Ends the counting. */
  disarm(): void {
    const opened = this.#opened;
    this.#failed = undefined;
    if (!opened) return;
    if (opened.limits?.noWayOut) {
      this.#write('1');
      this.#say('the watchdog cannot be stopped: the host will be reset when it runs out');
    }
    this.#write(MAGIC_CLOSE);
    this.#close();
  }

  #open(config: WatchdogConfig): void {
    const { device } = config;
    const timeout = watchdogTimeout(config);
    try {
      const limits = timeout < config.loopWait ? undefined : this.#limitsFor(device, timeout);
      const { start, safe, problem } = judgeWatchdog(config, limits);
      // A node without a watchdog is no news where none is required.
      if (problem && (config.mode === 'required' || isWritable(device))) this.#say(problem);
      if (!start) throw new Error(problem);
      const file = openSync(device, constants.O_WRONLY | constants.O_NONBLOCK);
      this.#opened = { file, device, timeout, limits, safe };
      this.#say(`the watchdog ${device} counts, ${limits?.timeout ?? 'unknown'} seconds`);
    } catch (error) {
      this.#failed = nameOf(config);
      if (config.mode === 'required') this.#say(`the watchdog cannot be used: ${textOf(error)}`);
    }
  }

  /** The device's limits, after its time-out was set if it was too long or too short. */
  #limitsFor(device: string, timeout: number): DeviceLimits | undefined {
    const { sysfs, setTimeout = setByWdctl } = this.#options;
    const limits = readLimits(device, sysfs);
    // Whoever opens it to set the time-out starts it; one that cannot be stopped is left alone.
    if (!limits || limits.timeout === timeout || limits.noWayOut) return limits;
    setTimeout(device, timeout);
    return readLimits(device, sysfs);
  }

  #write(text: string): void {
    if (!this.#opened) return;
    try {
      writeSync(this.#opened.file, text);
    } catch (error) {
      this.#say(`the watchdog cannot be fed: ${textOf(error)}`);
      this.#close();
    }
  }

  #close(): void {
    if (this.#opened) closeSync(this.#opened.file);
    this.#opened = undefined;
  }

  /** The same again is no news. */
  #say(text: string): void {
    if (text !== this.#told) this.#options.say(text);
    this.#told = text;
  }
}

/** Node has no ioctl. A failure shows in the limits, which are read afterwards. */
function setByWdctl(device: string, seconds: number): void {
  spawnSync('wdctl', ['--settimeout', String(seconds), device], {
    stdio: 'ignore',
    timeout: WDCTL_WITHIN_MS,
  });
}

/** One way to open one device. */
function nameOf(config: WatchdogConfig): string {
  return `${config.device} ${watchdogTimeout(config)}`;
}

function isWritable(device: string): boolean {
  // Mostly there is none, and an error with its stack takes long to make.
  if (!existsSync(device)) return false;
  try {
    accessSync(device, constants.W_OK);
    return true;
  } catch {
    // Not there or not allowed: either way it cannot be used.
    return false;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
