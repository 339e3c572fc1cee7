import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readText } from '../../../src/system/read-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgherd-read-'));
afterAll(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

it('reads UTF-8', async () => {
  expect(await readText(file('good', 'a: ü\n'), signal)).toBe('a: ü\n');
});

it('says in one sentence why a file cannot be read', async () => {
  await expect(readText(`${folder}/none`, signal)).rejects.toThrow(
    `Could not read ${folder}/none: there is no such file`,
  );
  await expect(readText(folder, signal)).rejects.toThrow(`Could not read ${folder}: it is a dir`);
  const binary = file('binary', Buffer.from([0x61, 0xff, 0xfe]));
  await expect(readText(binary, signal)).rejects.toThrow('binary is not UTF-8 text');
  const large = file('large', '');
  truncateSync(large, 10 * 1024 * 1024 + 1);
  await expect(readText(large, signal)).rejects.toThrow('large is larger than 10 MB');
});

it('ends when it is interrupted', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stopped'));
  await expect(readText(file('late', 'a: 1\n'), controller.signal)).rejects.toThrow('stopped');
});
