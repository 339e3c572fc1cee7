const MAX_WIDTH = 200;

/** How a scalar goes on when its line is full. */
export interface Folding {
  /** Column of the lines that follow. */
  readonly indent: number;
  /** False for keys: they stay on their line, however long. */
  readonly split: boolean;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
};

/**
 * Writes YAML text and keeps track of the column, so that lines are folded where PyYAML folds
 * them: at the first place behind column 200. Columns are counted in code points.
 */
export class YamlWriter {
  #text = '';
  #column = 0;
  /** The last thing written was a blank, or the line is empty. */
  #whitespace = true;
  /** Only indentation and indicators that indent (`-`, `?`, `:`) are on this line. */
  #indention = true;

  get text(): string {
    return this.#text;
  }

  get isLong(): boolean {
    return this.#column > MAX_WIDTH;
  }

  get indention(): boolean {
    return this.#indention;
  }

  #put(text: string, width = text.length): void {
    this.#text += text;
    this.#column += width;
  }

  #break(character = '\n'): void {
    this.#text += character;
    this.#column = 0;
    this.#whitespace = true;
    this.#indention = true;
  }

  /** Goes to a column on a line of its own; stays on this line where that is possible. */
  indent(to: number): void {
    const behind = this.#column > to || (this.#column === to && !this.#whitespace);
    if (!this.#indention || behind) this.#break();
    if (this.#column < to) {
      this.#whitespace = true;
      this.#put(' '.repeat(to - this.#column));
    }
  }

  /** Writes `-`, `:`, `{` …: with a blank before it where one is needed. */
  indicator(indicator: string, how: { apart: boolean; opens?: boolean; indents?: boolean }): void {
    this.#put(this.#whitespace || !how.apart ? indicator : ` ${indicator}`);
    this.#whitespace = how.opens ?? false;
    this.#indention &&= how.indents ?? false;
  }

  /** Writes the text as it is. */
  plain(text: string, folding: Folding): void {
    if (!this.#whitespace) this.#put(' ');
    this.#whitespace = false;
    this.#indention = false;
    this.#words([...text], folding);
  }

  /** Writes the text in single quotes. */
  single(text: string, folding: Folding): void {
    this.indicator("'", { apart: true });
    this.#words([...text], folding, { "'": "''" });
    this.indicator("'", { apart: false });
  }

  /** Words, blanks and line breaks; a single blank inside may become the end of a line. */
  #words(
    characters: readonly string[],
    folding: Folding,
    replace: Readonly<Record<string, string>> = {},
  ): void {
    let end = 0;
    for (let start = 0; start < characters.length; start = end) {
      const kind = kindOf(characters[start]);
      while (end < characters.length && kindOf(characters[end]) === kind) end++;
      const run = characters.slice(start, end);
      const inside = start > 0 && end < characters.length;
      if (kind === 'break') {
        if (run[0] === '\n') this.#break();
        for (const character of run) this.#break(character);
        this.indent(folding.indent);
      } else if (kind === 'blank' && run.length === 1 && inside && this.isLong && folding.split) {
        this.indent(folding.indent);
      } else {
        for (const character of run) {
          const shown = replace[character];
          if (shown === undefined) this.#put(character, 1);
          else this.#put(shown);
        }
      }
    }
    this.#whitespace = false;
    this.#indention = false;
  }

  /** Writes the text in double quotes, with escapes. */
  double(text: string, folding: Folding): void {
    const characters = [...text];
    const last = characters.length - 1;
    this.indicator('"', { apart: true });
    // Characters are held back until an escape or a fold, for a fold comes before a word.
    let held = '';
    let width = 0;
    const flush = () => {
      this.#put(held, width);
      held = '';
      width = 0;
    };
    let afterEscape = false;
    for (const [index, character] of characters.entries()) {
      const escaped = escapeOf(character);
      if (escaped !== undefined) {
        flush();
        this.#put(escaped);
      }
      const foldable = character === ' ' || escaped !== undefined || afterEscape;
      // PyYAML counts one column less behind an escape.
      const column = escaped === undefined ? this.#column + width : this.#column - 1;
      const inside = index > 0 && index < last;
      if (foldable && inside && folding.split && column > MAX_WIDTH) {
        flush();
        this.#put('\\');
        this.indent(folding.indent);
        this.#whitespace = false;
        this.#indention = false;
        const next = escaped === undefined ? character : characters[index + 1];
        if (next === ' ') this.#put('\\');
      }
      if (escaped === undefined) {
        held += character;
        width += 1;
      }
      afterEscape = escaped !== undefined;
    }
    flush();
    this.indicator('"', { apart: false });
  }
}

function kindOf(character: string | undefined): 'blank' | 'break' | 'word' {
  if (character === ' ') return 'blank';
  return character !== undefined && '\n\u0085\u2028\u2029'.includes(character) ? 'break' : 'word';
}

/** The escape that double quotes need for a character; undefined when it may stand as it is. */
function escapeOf(character: string): string | undefined {
  if (/^[ !#-[\]-~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/.test(character)) {
    return undefined;
  }
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const hex = (digits: number) => code.toString(16).toUpperCase().padStart(digits, '0');
  if (code <= 0xff) return `\\x${hex(2)}`;
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
