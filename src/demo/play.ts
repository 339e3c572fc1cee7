import type { Session } from '../ctl/session.ts';
import { say, show } from './script.ts';
import type { Stage } from './stage.ts';
import { bringUp } from './until.ts';
import { commandsToTry, topologyLine } from './words.ts';

/** A live line is drawn so often; elsewhere a line is printed when something has changed. */
const LOOK_EACH_MS = 500;
/** As systemd does, after a while that is long enough to see a failover. */
const RESTART_AFTER_MS = 25_000;

/** Leaves a cluster running and shows what happens, until Ctrl-C, which rejects. */
export async function play(session: Session, stage: Stage): Promise<never> {
  const { io, clock, signal } = session;
  const view = await bringUp(session, stage);
  show(session, view);
  await stage.writer.start(view.leader ?? '');
  say(session, 'A client writes all the time.');
  io.out(commandsToTry(stage.plan, 'pgherd'));
  const keeper = new Keeper(stage);
  const line = new LiveLine(session);
  try {
    for (;;) {
      const now = clock.monotonic();
      for (const name of keeper.restart(now))
        line.above(`# The agent of ${name} is started again.`);
      line.show(topologyLine(await stage.view()), writes(stage, now));
      await clock.sleep(LOOK_EACH_MS, signal);
    }
  } finally {
    line.end();
  }
}

/** What the client sees of it. */
function writes({ writer: { tally } }: Stage, now: number): string {
  const waiting = tally.waitingAt(now);
  const outage = waiting > LOOK_EACH_MS ? `no write for ${Math.round(waiting)} ms` : 'writes go on';
  const longest = Math.round(tally.outageAt(now));
  return `${outage}, longest outage ${longest} ms, acknowledged ${tally.acknowledged}`;
}

/** Starts agents again that have ended. */
class Keeper {
  readonly #stage: Stage;
  readonly #downSince = new Map<string, number>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Starts those that have been down for a while, and names them. */
  restart(now: number): string[] {
    const { plan, agents } = this.#stage;
    const due: string[] = [];
    for (const { name } of plan.nodes) {
      if (agents.isRunning(name)) {
        this.#downSince.delete(name);
        continue;
      }
      const since = this.#downSince.get(name) ?? now;
      this.#downSince.set(name, since);
      if (now - since >= RESTART_AFTER_MS) due.push(name);
    }
    for (const name of due) agents.start(name);
    return due;
  }
}

const CLEAR_LINE = '\r\u001b[K';

/** A line on stderr that is drawn over itself; without a terminal, one for each change. */
class LiveLine {
  readonly #session: Session;
  #last = '';

  constructor(session: Session) {
    this.#session = session;
  }

  show(topology: string, now: string): void {
    const { io } = this.#session;
    const columns = io.stderrColumns;
    if (columns !== undefined) {
      // Without its newline: the next one takes its place.
      process.stderr.write(CLEAR_LINE + `${topology} | ${now}`.slice(0, columns - 1));
      return;
    }
    // The lag changes all the time.
    const calm = topology.replace(/lag \S+( kB)?/g, 'lag');
    if (calm !== this.#last) io.err(`${topology} | ${now}`);
    this.#last = calm;
  }

  /** A line that stays. */
  above(text: string): void {
    this.end();
    this.#session.io.err(text);
  }

  end(): void {
    if (this.#session.io.stderrColumns !== undefined) process.stderr.write(CLEAR_LINE);
  }
}
