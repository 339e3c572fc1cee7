import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Does something, and resolves with the arguments of all processes that ran meanwhile: what any
 * user of the host could have seen.
 */
export async function watchArguments(work: () => Promise<void>): Promise<string> {
  const seen = new Set<string>();
  const done = new AbortController();
  const watching = watch(seen, done.signal);
  try {
    await work();
  } finally {
    done.abort();
    await watching;
  }
  return [...seen].join('\n');
}

async function watch(seen: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      seen.add(argumentsOf(pid));
    }
    await delay(2);
  }
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
