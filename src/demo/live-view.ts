import type { Io } from '../system/io.ts';

const CLEAR_LINE = '\r\u001b[K';
const LINE_UP = '\u001b[1A';

/**
 * A few lines on stderr that are drawn over themselves; without a terminal one line for each change
 * of the cluster.
 */
export class LiveView {
  readonly #io: Io;
  #drawn = 0;
  #last = '';

  constructor(io: Io) {
    this.#io = io;
  }

  /** What the cluster is now, and what the client sees of it. */
  show(cluster: readonly string[], client: string): void {
    const columns = this.#io.stderrColumns;
    const lines = [...cluster, client];
    if (columns !== undefined) {
      this.clear();
      for (const line of lines) this.#io.err(line.slice(0, columns - 1));
      this.#drawn = lines.length;
      return;
    }
    // The lag changes all the time.
    const calm = cluster.join().replace(/lag \d+( kB)?/g, 'lag');
    if (calm !== this.#last) this.#io.err(lines.join(' | '));
    this.#last = calm;
  }

  /** A line that stays. */
  say(text: string): void {
    this.clear();
    this.#io.err(text);
  }

  /** Takes away what was drawn last. */
  clear(): void {
    if (this.#drawn > 0) process.stderr.write((LINE_UP + CLEAR_LINE).repeat(this.#drawn));
    this.#drawn = 0;
  }
}
