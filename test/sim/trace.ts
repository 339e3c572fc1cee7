/** One thing that happened. */
export interface TraceLine {
  /** True milliseconds since the start. */
  readonly at: number;
  /** A host; `world` for deeds, `client`, `store`, `checker`. */
  readonly who: string;
  readonly text: string;
}

/** A line as people read it: `  41.402 pg3      race.won  promoted self …`. */
export function printLine({ at, who, text }: TraceLine): string {
  return `${(at / 1000).toFixed(3).padStart(9)} ${who.padEnd(8)} ${text}`;
}

/** A short text that two equal traces have in common, and hardly any other two (FNV-1a). */
export function fingerprint(trace: readonly TraceLine[]): string {
  let high = 0x811c9dc5;
  let low = 0x1234567;
  for (const line of trace) {
    const text = `${line.at} ${line.who} ${line.text}\n`;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x01000193) ^ (high >>> 13);
    }
  }
  return [high, low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
}
