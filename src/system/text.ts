/**
 * Characters that could steer a terminal or hide in a line: C0 and C1 controls, DEL, line and
 * paragraph separators, bidirectional marks, zero-width characters.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to find them is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Makes text from the DCS or the network safe to print on one line of a terminal: every unsafe
 * character becomes its escape, `\n` for a newline, `\x1b`, `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Like `printable`, but keeps newlines: for text that has lines, such as a table's cell. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/**
 * JSON text that is safe to print: what `JSON.stringify` leaves as it is and could steer a terminal
 * (U+009B begins a command, as ESC [ does) becomes `\\u009b`. The newlines between values stay.
 */
export function printableJson(json: string): string {
  const escaped = (character: string): string =>
    character === '\n' ? character : `\\u${hex(character, 4)}`;
  return json.replace(UNSAFE, escaped);
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return character < '\u0100' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}
