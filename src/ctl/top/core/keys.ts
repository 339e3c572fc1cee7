/** What a key means on the screen. */
export type Key =
  | ('up' | 'down' | 'first' | 'last')
  | ('switchover' | 'restart' | 'pause')
  | ('help' | 'close' | 'redraw' | 'suspend' | 'quit' | 'interrupt');

const MEANING: Readonly<Record<string, Key>> = {
  k: 'up',
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  j: 'down',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  g: 'first',
  '\u001b[H': 'first',
  '\u001bOH': 'first',
  '\u001b[1~': 'first',
  G: 'last',
  '\u001b[F': 'last',
  '\u001bOF': 'last',
  '\u001b[4~': 'last',
  s: 'switchover',
  r: 'restart',
  p: 'pause',
  '?': 'help',
  h: 'help',
  '\u001b': 'close',
  '\u000c': 'redraw',
  '\u001a': 'suspend',
  q: 'quit',
  Q: 'quit',
  '\u0003': 'interrupt',
};

/** A sequence that begins with Escape (ECMA-48: CSI, or SS3 and a letter), or one character. */
const ONE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Escape begins the key sequences
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001bO[A-Z]|[\s\S]/gu;

/** What was pasted, between the terminal's marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Escape begins the marks
const PASTED = /\u001b\[200~[\s\S]*?(?:\u001b\[201~|$)/g;

/**
 * The keys in what a terminal has sent; what means nothing here is left out, and so is what was
 * pasted: text from a clipboard must not give orders.
 */
export function keysOf(typed: string): Key[] {
  return (typed.replace(PASTED, '').match(ONE) ?? []).flatMap((one) => MEANING[one] ?? []);
}
