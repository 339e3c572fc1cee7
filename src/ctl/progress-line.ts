import { printable } from '../system/text.ts';
import { cutToWidth } from './render/text-width.ts';
import type { Session } from './session.ts';

/** How often an operation says where it stands when lines cannot be drawn over. */
const QUIET_MS = 10_000;

/** Shows on stderr where a wait stands. */
export interface ProgressLine {
  /** `key` says what is going on, `text` the same with its numbers. */
  show(key: string, text: string): void;
}

/**
 * On a terminal one line is drawn again and again. Elsewhere a line is printed when `key` changes,
 * and each ten seconds.
 */
export function progressLine(session: Session): ProgressLine {
  let shownKey: string | undefined;
  let shownAt = 0;
  return {
    show(key, text) {
      const line = printable(text);
      const columns = session.io.stderrColumns;
      if (columns !== undefined) {
        // Up one row and clear it: `err` ends each line with a newline.
        // Of a wrapped line only the last row could be drawn over.
        const over = shownKey === undefined ? '' : '\u001b[1A\u001b[2K';
        session.io.err(over + cutToWidth(line, columns - 1));
      } else if (key !== shownKey || session.clock.monotonic() - shownAt >= QUIET_MS) {
        session.io.err(line);
        shownAt = session.clock.monotonic();
      }
      shownKey = key;
    },
  };
}
