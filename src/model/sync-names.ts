import type { SyncNames } from './postgres.ts';

// `synchronous_standby_names`: PostgreSQL's words are in syncrep_scanner.l, its grammar in
// syncrep_gram.y.

/** What needs no quotes. PostgreSQL would take more, but Patroni does not (sync.py). */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]*$/;
const KEYWORD = /^(?:any|first)$/i;

/**
 * The text for `synchronous_standby_names`, as Patroni writes it: one name alone stands for itself.
 * Names are quoted where PostgreSQL would read something else (P#505, P#1359); `*` is anybody.
 */
export function formatSyncNames(names: SyncNames): string {
  switch (names.kind) {
    case 'off':
      return '';
    case 'text':
      return names.text;
    case 'first':
      return names.count === 1 && names.names.length === 1
        ? names.names.map(quoteName).join()
        : `${names.count} (${names.names.map(quoteName).join(',')})`;
    case 'any':
      return `ANY ${names.count} (${names.names.map(quoteName).join(',')})`;
  }
}

/** Understands what is in effect; `text` when it is nothing that PostgreSQL would take. */
export function parseSyncNames(text: string): SyncNames {
  const words = wordsOf(text);
  if (words.length === 0) return { kind: 'off' };
  const [first, second, third] = words;
  if (isKeyword(first) && second?.kind === 'number' && third?.text === '(') {
    const kind = /^any$/i.test(first?.text ?? '') ? 'any' : 'first';
    return parseList({ text, kind, count: Number(second.text) }, bracketed(words.slice(2)));
  }
  if (first?.kind === 'number' && second?.text === '(') {
    return parseList({ text, kind: 'first', count: Number(first.text) }, bracketed(words.slice(1)));
  }
  return parseList({ text, kind: 'first', count: 1 }, words);
}

/** `number`: a name, too, where one is expected. */
interface Word {
  readonly kind: 'name' | 'quoted' | 'number' | 'sign';
  readonly text: string;
}

/** PostgreSQL's scanner takes every byte above 127 for a letter. */
const LETTER = 'A-Za-z_\\u0080-\\u{10ffff}';
const WORD = new RegExp(
  `\\s*(?:([${LETTER}][${LETTER}0-9$]*)|"((?:[^"]|"")*)"|(\\d+)|([\\s\\S]))`,
  'uy',
);

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  const all = text.trimEnd();
  WORD.lastIndex = 0;
  while (WORD.lastIndex < all.length) {
    const [, name, quoted, number, sign = ''] = WORD.exec(all) ?? [];
    if (name !== undefined) words.push({ kind: 'name', text: name });
    else if (quoted !== undefined) words.push({ kind: 'quoted', text: quoted.replace(/""/g, '"') });
    else if (number !== undefined) words.push({ kind: 'number', text: number });
    else words.push({ kind: 'sign', text: sign });
  }
  return words;
}

/** Without the brackets around them; undefined: there is none at the end. */
function bracketed(words: readonly Word[]): readonly Word[] | undefined {
  return words.at(-1)?.kind === 'sign' && words.at(-1)?.text === ')'
    ? words.slice(1, -1)
    : undefined;
}

interface Head {
  readonly text: string;
  readonly kind: 'first' | 'any';
  readonly count: number;
}

function parseList({ text, kind, count }: Head, list: readonly Word[] | undefined): SyncNames {
  const names = list?.filter((_, index) => index % 2 === 0) ?? [];
  const commas = list?.filter((_, index) => index % 2 === 1) ?? [];
  const sound =
    list !== undefined &&
    list.length % 2 === 1 &&
    names.every(isName) &&
    commas.every((word) => word.kind === 'sign' && word.text === ',');
  if (!sound || count < 1) return { kind: 'text', text };
  return { kind, count, names: names.map((word) => word.text) };
}

function isName(word: Word): boolean {
  if (word.kind === 'sign') return word.text === '*';
  return word.kind !== 'name' || !isKeyword(word);
}

function isKeyword(word: Word | undefined): boolean {
  return word?.kind === 'name' && KEYWORD.test(word.text);
}

function quoteName(name: string): string {
  if (name === '*' || (PLAIN.test(name) && !KEYWORD.test(name))) return name;
  return `"${name.replace(/"/g, '""')}"`;
}
