import { printable } from '../../system/text.ts';
import { paintText, type Tone } from './paint.ts';
import { cutToWidth, textWidth } from './text-width.ts';

/** A piece of a line, and what its colour is to say. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** How lines are to be drawn. */
export interface LineStyle {
  /** Width of the terminal; no line is wider. */
  readonly columns: number;
  readonly color: boolean;
  /** Stands at the end of what had to be cut, one column wide. */
  readonly ellipsis: string;
}

/** A piece of a line; what could steer a terminal is escaped. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text: printable(text), tone };
}

/** One line of a terminal: the pieces one after the other, cut where the terminal ends. */
export function drawLine(spans: readonly Span[], style: LineStyle): string {
  const whole = spans.reduce((sum, { text }) => sum + textWidth(text), 0);
  const cut = whole > style.columns;
  let left = cut ? style.columns - 1 : style.columns;
  let line = '';
  for (const { text, tone } of spans) {
    const fitting = cutToWidth(text, left);
    if (fitting !== '') line += style.color ? paintText(fitting, tone) : fitting;
    left -= textWidth(fitting);
    if (fitting.length < text.length) break;
  }
  return cut && style.columns > 0 ? line + style.ellipsis : line;
}

/** The text in exactly so many columns: with blanks, or cut. */
export function padded(
  text: string,
  columns: number,
  { align, ellipsis }: { readonly align: 'l' | 'r'; readonly ellipsis: string },
): string {
  const width = textWidth(text);
  if (width > columns) {
    const cut = cutToWidth(text, columns - 1);
    return cut + ellipsis + ' '.repeat(columns - 1 - textWidth(cut));
  }
  const blanks = ' '.repeat(columns - width);
  return align === 'r' ? blanks + text : text + blanks;
}
