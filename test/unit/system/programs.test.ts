import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isRunnable, splitWords } from '../../../src/system/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgherd-programs-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['vi', ['vi']],
  ['code -w', ['code', '-w']],
  ['  emacsclient   -t ', ['emacsclient', '-t']],
  ['"/opt/my editor/vi" -u NONE', ['/opt/my editor/vi', '-u', 'NONE']],
  ["ed 'a b'c", ['ed', 'a bc']],
  ['a\\ b "c\\"d"', ['a b', 'c"d']],
  ['vi ""', ['vi', '']],
  ['', []],
  ['   ', []],
])('splitWords(%j)', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

it('isRunnable finds programs in PATH and by their path', () => {
  const program = join(folder, 'tool');
  writeFileSync(program, '#!/bin/sh\n');
  expect(isRunnable('tool', `/nowhere:${folder}`)).toBe(false);
  chmodSync(program, 0o755);
  expect(isRunnable('tool', `/nowhere:${folder}`)).toBe(true);
  expect(isRunnable(program, undefined)).toBe(true);
  expect(isRunnable('tool', undefined)).toBe(false);
  expect(isRunnable(folder, '')).toBe(false);
});
