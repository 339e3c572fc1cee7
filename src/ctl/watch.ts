import { DcsError, Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';
import { type Session, withIo } from './session.ts';

const DEFAULT_SECONDS = 2;

/**
 * What `-W` and `-w SECONDS` ask for: the seconds between two looks, or undefined for one look
 * only, also for `-w 0`, as patronictl has it. Refuses what is no number of seconds.
 */
export function watchSeconds(flag: boolean, value: string | undefined): number | undefined {
  const seconds = value === undefined ? 0 : Number(value);
  if (!Number.isFinite(seconds) || seconds < 0 || value?.trim() === '') {
    throw new Refusal(
      'usage',
      `--watch wants a number of seconds, not "${printable(value ?? '')}"`,
      {
        usage: true,
      },
    );
  }
  return seconds || (flag ? DEFAULT_SECONDS : undefined);
}

/** Refuses to watch under `--json`, which prints one document at the end. */
export function refuseEndlessJson({ io }: Session, watch: number | undefined): void {
  if (!io.json || watch === undefined) return;
  throw new Refusal('usage', '--json prints one document: it cannot watch', { usage: true });
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_SCREEN = '\u001b[2J';
const HOME = '\u001b[H';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Shows a text again and again, each `seconds`, until Ctrl-C (which rejects) or until nobody reads
 * any more. On a terminal it is drawn over itself, without clearing the screen, so that nothing
 * flickers; elsewhere the texts follow one another. When the DCS does not answer, the last text
 * stays, with the reason below it; the first text must succeed.
 */
export async function watching(
  session: Session,
  seconds: number,
  draw: () => Promise<string>,
): Promise<void> {
  const { io, clock, signal } = session;
  const screen = io.stdoutIsTerminal && session.env.TERM !== 'dumb';
  let last = await draw();
  if (screen) io.raw(HIDE_CURSOR + CLEAR_SCREEN);
  try {
    for (let failure: string | undefined; !io.outputClosed; ) {
      const started = clock.monotonic();
      if (screen) io.raw(screenful(last, failure));
      else if (failure === undefined) io.out(last);
      else io.err(failure);
      await clock.sleep(Math.max(0, seconds * 1000 - (clock.monotonic() - started)), signal);
      try {
        last = await draw();
        failure = undefined;
      } catch (error) {
        failure = passing(session, error);
      }
    }
  } finally {
    if (screen) io.raw(`\n${SHOW_CURSOR}`);
  }
}

/** The sentence of a failure after which it is worth while to go on; others are thrown. */
function passing(session: Session, error: unknown): string {
  session.signal.throwIfAborted();
  if (error instanceof DcsError || error instanceof Refusal) {
    return `Error: ${printable(error.message)}`;
  }
  throw error;
}

function screenful(text: string, failure: string | undefined): string {
  const lines = [...text.split('\n'), ...(failure === undefined ? [] : [failure])];
  return HOME + lines.map((line) => line + CLEAR_LINE_END).join('\n') + CLEAR_BELOW;
}

/** The same session, but each warning is given once: for what is done again and again. */
export function warningOnce(session: Session): Session {
  const given = new Set<string>();
  return withIo(session, {
    warn: (text) => {
      if (given.has(text)) return;
      given.add(text);
      session.io.warn(text);
    },
  });
}
