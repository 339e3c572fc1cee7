import { expect, it } from 'vitest';
import { paintDiff, unifiedDiff } from '../../../../src/ctl/edit/diff.ts';

it('prints what Python’s difflib prints', async () => {
  const before = 'a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n';
  expect(await unifiedDiff(before, before.replace('e: 5', 'e: 6'))).toBe(
    '--- \n+++ \n@@ -2,4 +2,4 @@\n b: 2\n c: 3\n d: 4\n-e: 5\n+e: 6',
  );
  expect(await unifiedDiff('{}\n', 'ttl: 3\n')).toBe('--- \n+++ \n@@ -1 +1 @@\n-{}\n+ttl: 3');
});

it('is empty for texts that are alike', async () => {
  expect(await unifiedDiff('a: 1\n', 'a: 1\n')).toBe('');
});

it('paints on wish, and never lets control characters through', async () => {
  const diff = '--- \n+++ \n@@ -1 +1 @@\n-a: \u001b[2J\n+a: \u202e\n b: 1';
  expect(await paintDiff(diff, false)).toBe(
    '--- \n+++ \n@@ -1 +1 @@\n-a: \\x1b[2J\n+a: \\u202e\n b: 1',
  );
  const lines = (await paintDiff(diff, true)).split('\n');
  expect(lines[3]).toBe('\u001b[31m-a: \\x1b[2J\u001b[39m');
  expect(lines[4]).toBe('\u001b[32m+a: \\u202e\u001b[39m');
  expect(lines[5]).toBe(' b: 1');
});
