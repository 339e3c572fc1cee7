/** East Asian wide and full-width characters and emoji: two columns (Unicode's EastAsianWidth). */
const WIDE = new RegExp(
  [
    '[\\u1100-\\u115f\\u2329\\u232a\\u2e80-\\u303e\\u3041-\\u4dbf\\u4e00-\\ua4cf\\ua960-\\ua97c',
    '\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6',
    '\\u{16fe0}-\\u{18d08}\\u{1aff0}-\\u{1b2fb}\\u{1f200}-\\u{1f265}\\u{20000}-\\u{3fffd}]',
    '|(?![\\u{1f1e6}-\\u{1f1ff}])\\p{Emoji_Presentation}',
  ].join(''),
  'u',
);

/** Accents and other marks that are drawn over the character before them. */
const ZERO = /[\p{Mn}\p{Me}\u200b-\u200f]/u;

const ASCII = /^[ -~]*$/;

/** How many columns of a terminal a line takes: wide characters two, combining marks none. */
export function textWidth(line: string): number {
  if (ASCII.test(line)) return line.length;
  let width = 0;
  for (const character of line) {
    if (character <= '\u02ff') width += 1;
    else if (!ZERO.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** As much of a line as fits into so many columns. */
export function cutToWidth(line: string, columns: number): string {
  let width = 0;
  let fitting = '';
  for (const character of line) {
    width += textWidth(character);
    if (width > columns) break;
    fitting += character;
  }
  return fitting;
}
