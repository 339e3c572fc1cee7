import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Watchdog, type WatchdogConfig } from '../../../src/fence/watchdog.ts';

let directory: string;
let device: string;
let config: WatchdogConfig;
let said: string[];
/** What was asked of `wdctl`. */
let settings: number[];
/** The kernel takes a new time-out. */
let settable: boolean;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-watchdog-'));
  device = join(directory, 'watchdog');
  writeFileSync(device, '');
  config = { mode: 'automatic', device, safetyMargin: 5, ttl: 30, loopWait: 10 };
  said = [];
  settings = [];
  settable = true;
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** What the kernel shows of the first watchdog. */
function kernelShows(timeout: number, noWayOut = 0): void {
  const folder = join(directory, 'watchdog0');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'timeout'), `${timeout}\n`);
  writeFileSync(join(folder, 'nowayout'), `${noWayOut}\n`);
}

function watchdog(): Watchdog {
  return new Watchdog({
    config: () => config,
    say: (text) => said.push(text),
    sysfs: directory,
    setTimeout: (_, seconds) => {
      settings.push(seconds);
      if (settable) kernelShows(seconds);
    },
  });
}

/** All that was written to the device: a plain file is written over from its beginning. */
const written = (): string => readFileSync(device, 'utf8');

describe('a watchdog', () => {
  it('counts from the first renewal on, is fed by each, and is stopped by the magic close', () => {
    kernelShows(60);
    const dog = watchdog();
    expect(dog.sight()).toBe('usable');
    dog.disarm();
    expect(written()).toBe('');
    dog.keepAlive();
    expect(settings).toEqual([25]);
    expect(dog.sight()).toBe('usable');
    dog.keepAlive();
    dog.disarm();
    expect(written()).toBe('11V');
    expect(said).toEqual([`the watchdog ${device} counts, 25 seconds`]);
  });

  it('is left as it is when its time-out is right', () => {
    kernelShows(15);
    config = { ...config, safetyMargin: -1 };
    const dog = watchdog();
    dog.keepAlive();
    expect(settings).toEqual([]);
    expect(dog.sight()).toBe('usable');
  });

  it('is opened anew when ttl changes', () => {
    kernelShows(25);
    const dog = watchdog();
    dog.keepAlive();
    config = { ...config, ttl: 40 };
    dog.keepAlive();
    expect(settings).toEqual([35]);
    config = { ...config, mode: 'off' };
    dog.keepAlive();
    expect(dog.sight()).toBe('off');
  });

  it('is none where the mode says so', () => {
    config = { ...config, mode: 'off' };
    const dog = watchdog();
    expect(dog.sight()).toBe('off');
    dog.keepAlive();
    expect(written()).toBe('');
  });
});

describe('a watchdog that does not protect is fed, and called unusable', () => {
  it('when its time-out is longer than the lease and cannot be set', () => {
    kernelShows(60);
    settable = false;
    const dog = watchdog();
    dog.keepAlive();
    expect(dog.sight()).toBe('unusable');
    expect(written()).toBe('1');
    expect(said[0]).toMatch(/runs out after 60 seconds, not after 25$/);
  });

  it('when its time-out cannot be seen', () => {
    const dog = watchdog();
    dog.keepAlive();
    expect(dog.sight()).toBe('unusable');
    expect(written()).toBe('1');
    expect(settings).toEqual([]);
  });
});

describe('a watchdog is not started', () => {
  it('when it would run out between two ticks', () => {
    kernelShows(8);
    settable = false;
    const dog = watchdog();
    dog.keepAlive();
    expect(dog.sight()).toBe('unusable');
    expect(written()).toBe('');
  });

  it('when ttl leaves it less than loop_wait, which is seen before', () => {
    kernelShows(25);
    config = { ...config, ttl: 14 };
    const dog = watchdog();
    expect(dog.sight()).toBe('unusable');
    dog.keepAlive();
    expect(written()).toBe('');
  });

  it('when there is none; that is news only where one is required', () => {
    config = { ...config, device: join(directory, 'none') };
    const dog = watchdog();
    expect(dog.sight()).toBe('unusable');
    dog.keepAlive();
    expect(said).toEqual([]);
    config = { ...config, mode: 'required' };
    dog.disarm();
    dog.keepAlive();
    dog.keepAlive();
    expect(said.join()).toContain('ENOENT');
  });
});

it('a watchdog that cannot be stopped is not touched to set it, and its host is warned', () => {
  kernelShows(60, 1);
  const dog = watchdog();
  dog.keepAlive();
  expect(settings).toEqual([]);
  dog.disarm();
  expect(written()).toBe('11V');
  expect(said.at(-1)).toMatch(/the host will be reset/);
});
