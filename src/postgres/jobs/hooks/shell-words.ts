/**
 * Splits a command of the configuration into its words as a POSIX shell would, and does nothing
 * else with it: no variables, no patterns (Patroni: Python's shlex.split). Undefined when a quote
 * is never closed, or there is no word.
 */
export function shellWords(command: string): readonly [string, ...string[]] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = command;
  while (rest !== '') {
    const token = TOKEN.exec(rest);
    if (!token) return undefined;
    rest = rest.slice(token[0].length);
    const [, single, double, escaped, plain] = token;
    const part = single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  const [first, ...others] = word === undefined ? words : [...words, word];
  return first === undefined ? undefined : [first, ...others];
}

/** Quoted, escaped or plain text, or the space between two words. */
const TOKEN = /^(?:'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|\s+)/;
