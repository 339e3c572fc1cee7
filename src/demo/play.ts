import type { Session } from '../ctl/session.ts';
import { LiveView } from './live-view.ts';
import { ownProgram } from './program.ts';
import { say, show } from './script.ts';
import type { Stage } from './stage.ts';
import { bringUp } from './until.ts';
import { commandsToTry, topologyLines } from './words.ts';

/** The cluster is looked at so often. */
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
  io.out(commandsToTry(stage.plan, ownProgram()));
  const keeper = new Keeper(stage);
  const live = new LiveView(io);
  const rate = { at: clock.monotonic(), acknowledged: 0 };
  try {
    for (;;) {
      const now = clock.monotonic();
      for (const name of keeper.restart(now)) live.say(`# The agent of ${name} is started again.`);
      live.show(topologyLines(await stage.view()), writes(stage, now, rate));
      Object.assign(rate, { at: now, acknowledged: stage.writer.tally.acknowledged });
      await clock.sleep(LOOK_EACH_MS, signal);
    }
  } finally {
    live.clear();
  }
}

/** What the client sees of it; `before`: when it was looked at last. */
function writes(
  { writer: { tally } }: Stage,
  now: number,
  before: { readonly at: number; readonly acknowledged: number },
): string {
  const waiting = tally.waitingAt(now);
  const each = (tally.acknowledged - before.acknowledged) / Math.max(1, now - before.at);
  const flow =
    waiting > LOOK_EACH_MS
      ? `no write for ${Math.round(waiting)} ms`
      : `${Math.round(each * 1000)} writes/s`;
  const longest = Math.round(tally.outageAt(now));
  return `${flow}, longest outage ${longest} ms, acknowledged ${tally.acknowledged}`;
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
