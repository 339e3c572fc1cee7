import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edited } from './bundle.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = join(import.meta.dirname, '../..');

// Among the fast tests: a source that was tidied moves the place of a defect, and whoever tidied it
// should hear so at once.
describe('the edits of the deliberate defects', () => {
  it('are many, and each defect has its name', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  it.each(MUTATIONS)('$name: its place is there exactly once', ({ edits }) => {
    for (const edit of edits) {
      expect(() => edited(readFileSync(join(ROOT, edit.file), 'utf8'), edit)).not.toThrow();
    }
  });

  it('a defect whose place has changed is an error, not a defect that nothing catches', () => {
    const edit = { file: 'f', find: 'abc', replace: 'd' };
    expect(edited('1 abc 2', edit)).toBe('1 d 2');
    expect(() => edited('1 2', edit)).toThrow('found 0 times in f');
    expect(() => edited('abc abc', edit)).toThrow('found 2 times in f');
  });
});
