import { uptime } from 'node:os';

/** What the agent's time is made of. */
export interface TimeSources {
  /** Milliseconds on a fine clock that stands still while the host is suspended. */
  steady(): number;
  /** Milliseconds since the host was started, its sleep included; coarse, never too many. */
  uptime(): number;
  /** Milliseconds since 1970. */
  wall(): number;
}

/** The agent's clocks (`src/agent/ports.ts`). */
export interface AgentTime {
  /**
   * Milliseconds since the host was started, its sleep included, as in /proc/uptime, by which the
   * guard goes. Never goes back, never jumps by more than what was slept and 10 ms, and is never
   * ahead: what is promised until a time on this clock ends no later by any other.
   */
  monotonic(): number;
  /** Milliseconds since 1970; jumps when it is set. */
  wall(): number;
  /**
   * Resolves after `ms`, or at once when the signal is aborted; never rejects. The time for which
   * the host is suspended meanwhile comes on top.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Node rings a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Node's own clocks do not count the time that a suspended host slept (nodejs/node#47724); what
 * os.uptime() reads from /proc/uptime does, in steps of 10 ms.
 */
const HOST: TimeSources = {
  steady: () => performance.now(),
  uptime: () => uptime() * 1000,
  wall: () => Date.now(),
};

/** Whoever slept is at least this far ahead; a wall clock that is only being corrected is not. */
const SLEPT_MS = 2;
/** The uptime is looked at again after so long, whatever the other clocks say. */
const LOOK_AGAIN_MS = 1000;

/** The clocks of this host, or of the sources that a test gives. */
export function agentClock(sources: TimeSources = HOST): AgentTime {
  /** How far `uptime` is ahead of `steady`. It grows by what was slept, and by nothing else. */
  let ahead = Number.NEGATIVE_INFINITY;
  /** On the steady clock, and how far the wall clock was ahead of it then. */
  let looked = { at: Number.NEGATIVE_INFINITY, wallAhead: 0 };

  function monotonic(): number {
    const now = sources.steady();
    // Three system calls are saved: a host that has slept finds its wall clock ahead.
    const wallAhead = sources.wall() - now;
    const slept = Math.abs(wallAhead - looked.wallAhead) >= SLEPT_MS;
    if (!slept && now - looked.at < LOOK_AGAIN_MS) return now + ahead;
    looked = { at: now, wallAhead };
    // In this order: when the process stands still in between, the difference comes out too small,
    // and the greatest one that was ever seen is the right one.
    const coarse = sources.uptime();
    const fine = sources.steady();
    ahead = Math.max(ahead, coarse - fine);
    return fine + ahead;
  }

  async function sleep(ms: number, signal: AbortSignal): Promise<void> {
    const end = sources.steady() + ms;
    let left = ms;
    while (left > 0 && !signal.aborted) {
      await timer(Math.min(left, LONGEST_TIMER_MS), signal);
      // A timer may ring a fraction of a millisecond early.
      left = end - sources.steady();
    }
  }

  return { monotonic, wall: sources.wall, sleep };
}

/**
 * A time of `monotonic()` as the guard counts it: whole milliseconds on the scale of /proc/uptime,
 * rounded to the safe side, which is earlier.
 */
export function uptimeMs(time: number): number {
  return Math.max(Math.floor(time), 1);
}

/** One listener for one timer, taken away with it: the signal may live as long as the process. */
function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timeout);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timeout = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
