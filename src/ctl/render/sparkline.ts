/** From nothing to the most; every bar is one column wide. */
export const UNICODE_BARS = [...'▁▂▃▄▅▆▇█'];
/** The same where the terminal has no such characters. */
export const ASCII_BARS = [...'_.:-=+*#'];

/** How a small plot is drawn. */
export interface Plot {
  /** Columns; the newest value is on the right. */
  readonly width: number;
  /** The value of a full bar. */
  readonly top: number;
  readonly bars: readonly string[];
}

/**
 * Values over time as a row of bars, exactly `width` columns. Zero is the lowest bar and nothing
 * else is; a value that is not known is a blank.
 */
export function sparkline(values: readonly (number | null)[], { width, top, bars }: Plot): string {
  const shown = width > 0 ? values.slice(-width) : [];
  const highest = bars.length - 1;
  const drawn = shown.map((value) => {
    if (value === null) return ' ';
    return bars[Math.min(highest, Math.ceil((value / top) * highest))] ?? ' ';
  });
  return drawn.join('').padStart(width);
}
