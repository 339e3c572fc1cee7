import { describe, expect, it } from 'vitest';
import { shellWords } from '../../../../src/postgres/jobs/hooks/shell-words.ts';

describe('shellWords', () => {
  // As Python's shlex.split has them.
  it.each([
    ['/bin/a  b', ['/bin/a', 'b']],
    [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
    [String.raw`a b\ c \" "d\"e\f\\"`, ['a', 'b c', '"', `${String.raw`d"e\f`}\\`]],
    [`a '' ""`, ['a', '', '']],
    [`a'b'"c"d`, ['abcd']],
    ['a $(b) ; c > d # e', ['a', '$(b)', ';', 'c', '>', 'd', '#', 'e']],
    ['  a\n\tb  ', ['a', 'b']],
    [String.raw`'a\b'`, [String.raw`a\b`]],
  ])('%s', (command, words) => {
    expect(shellWords(command)).toEqual(words);
  });

  it.each(['', '   ', `a 'b`, 'a "b', 'a \\'])('%j is no command', (command) => {
    expect(shellWords(command)).toBeUndefined();
  });
});
