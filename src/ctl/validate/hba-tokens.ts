/** A word of `pg_hba.conf`; in quotes `all`, `replication` and the like are plain names. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** A word with an optional comma behind it, blanks before it; a comment; or blanks at the end. */
const WORD = /[ \t\r,]*(?:(#.*)|((?:"(?:[^"]|"")*"|[^ \t\r,"#])+)|(")|$)/suy;

/**
 * Splits a line of `pg_hba.conf` into fields of one or more words (manual 20.1: blanks part
 * fields, commas part words, blanks behind a comma do not count). Undefined when a quote is open.
 */
export function tokenize(line: string): Token[][] | undefined {
  const fields: Token[][] = [];
  let position = 0;
  let continues = false;
  while (position < line.length) {
    WORD.lastIndex = position;
    const match = WORD.exec(line);
    if (!match || match[3] !== undefined) return undefined;
    const [, comment, word] = match;
    if (comment !== undefined || word === undefined) break;
    const token = tokenOf(word);
    if (continues) fields.at(-1)?.push(token);
    else fields.push([token]);
    position = WORD.lastIndex;
    continues = line[position] === ',';
  }
  return fields;
}

function tokenOf(word: string): Token {
  const text = word.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'));
  return { text, quoted: word.startsWith('"') };
}
