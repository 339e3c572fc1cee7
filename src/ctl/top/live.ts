import { Interrupted } from '../../model/errors.ts';
import type { FullScreen } from '../../system/full-screen.ts';
import { printable } from '../../system/text.ts';
import type { Session } from '../session.ts';
import { carryOutOrder } from './carry-out-order.ts';
import { frame } from './core/frame.ts';
import { type Key, keysOf } from './core/keys.ts';
import { orderOf } from './core/order.ts';
import { begin, type Look, reduce, type TopState } from './core/state.ts';
import { lookAgain, type Target } from './looker.ts';

/** The age of what is shown counts on the screen, so it is drawn at least that often. */
const REDRAW_MS = 1000;

const CTRL_C = '\u0003';

/**
 * Shows the cluster on the whole terminal until a key ends it (Ctrl-C: rejects with `Interrupted`).
 * The terminal is given back however it ends.
 */
export async function live(session: Session, target: Target, first: Look): Promise<void> {
  const screen = await session.screen();
  try {
    await new Live(session, target, { first, screen }).run();
  } finally {
    screen.leave();
  }
}

class Live {
  readonly #session: Session;
  readonly #target: Target;
  readonly #screen: FullScreen;
  readonly #looker;
  readonly #keys: Key[] = [];
  readonly #unicode: boolean;
  #state: TopState;
  #wake = (): void => {};

  constructor(session: Session, target: Target, start: { first: Look; screen: FullScreen }) {
    const { first, screen } = start;
    this.#session = session;
    this.#target = target;
    this.#screen = screen;
    this.#unicode = speaksUnicode(session.env);
    this.#state = begin(first);
    this.#looker = lookAgain(session, target, { first, news: () => this.#wake() });
  }

  async run(): Promise<void> {
    const { clock, signal, io } = this.#session;
    const { everyMs } = this.#target;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    this.#enter();
    for (let nextTick = clock.monotonic() + everyMs; !io.outputClosed; ) {
      this.#looker.tick();
      const look = this.#looker.take();
      if (look) this.#state = reduce(this.#state, { kind: 'look', look, at: clock.now() });
      if (clock.monotonic() >= nextTick) {
        this.#state = reduce(this.#state, { kind: 'tick' });
        // After a pause, for an order, say, the plot goes on; it does not catch up.
        nextTick = Math.max(nextTick + everyMs, clock.monotonic());
      }
      const key = this.#keys.shift();
      if (key === undefined) {
        this.#draw();
        await this.#rest(Math.min(REDRAW_MS, nextTick - clock.monotonic()));
      } else if ((await this.#obey(key)) === 'quit') {
        return;
      }
    }
  }

  #enter(): void {
    this.#screen.enter({
      typed: (text) => {
        this.#keys.push(...keysOf(text));
        this.#wake();
      },
      changed: () => this.#wake(),
      talk: (line) => {
        const at = this.#session.clock.now();
        this.#state = reduce(this.#state, { kind: 'talk', text: line, at });
        this.#wake();
      },
    });
  }

  #draw(): void {
    const { clock, io } = this.#session;
    const moment = { now: clock.now(), nowMs: clock.monotonic() };
    const { everyMs } = this.#target;
    const how = { color: io.color, unicode: this.#unicode, everyMs };
    this.#screen.draw(frame(this.#state, { ...this.#screen.size, ...how, ...moment }));
  }

  /** Until `ms` have passed, or until something happens. */
  async #rest(ms: number): Promise<void> {
    const over = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    // The only way this sleep ends early is our own abort below.
    const slept = this.#session.clock.sleep(Math.max(0, ms), over.signal).catch(() => {});
    await Promise.race([woken, slept]);
    over.abort();
    this.#wake = () => {};
  }

  async #obey(key: Key): Promise<'quit' | 'go on'> {
    if (key === 'quit') return 'quit';
    if (key === 'interrupt') throw new Interrupted();
    if (key === 'redraw') this.#screen.forget();
    if (key === 'suspend') await this.#screen.suspend();
    const order = orderOf(this.#state, key);
    if (order) {
      // What was typed behind it was not meant as answers to questions.
      this.#keys.length = 0;
      this.#screen.leave();
      const { scope } = this.#target;
      this.#session.io.err(`${order.action}, cluster ${printable(scope)}`);
      await carryOutOrder(this.#session, scope, order);
      this.#session.io.err('Press any key to go back to the screen');
      if ((await this.#screen.anyKey(this.#session.signal)) === CTRL_C) throw new Interrupted();
      this.#enter();
    }
    this.#state = reduce(this.#state, { kind: 'key', key });
    return 'go on';
  }
}

/** By the locale, as the C library reads it. */
function speaksUnicode(env: Session['env']): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
