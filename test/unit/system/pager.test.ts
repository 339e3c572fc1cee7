import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { page } from '../../../src/system/pager.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgherd-pager-'));
afterAll(() => rmSync(folder, { recursive: true }));
const LONG = 'a\nb\nc\nd';

/** A pager that writes its arguments and its input to a file. */
function pager(name: string): { path: string; seen: () => string } {
  const path = join(folder, name);
  const out = `${path}.out`;
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n{ echo "$@"; cat; } > "${out}"\n`);
  chmodSync(path, 0o755);
  return { path, seen: () => readFileSync(out, 'utf8') };
}

it('shows a long text in $PAGER, with its arguments', async () => {
  const { path, seen } = pager('mine');
  expect(await page(LONG, { env: { PAGER: `${path} -x "y z"` }, rows: 4 })).toBe(true);
  expect(seen()).toBe(`-x y z\n${LONG}\n`);
});

it('takes less with what a terminal needs, then more', async () => {
  const less = pager('less');
  expect(await page(LONG, { env: { PATH: folder }, rows: 3 })).toBe(true);
  expect(less.seen()).toBe(`-FRX\n${LONG}\n`);
  rmSync(less.path);
  const more = pager('more');
  expect(await page(LONG, { env: { PATH: folder, PAGER: 'no-such-pager' }, rows: 3 })).toBe(true);
  expect(more.seen()).toBe(`\n${LONG}\n`);
  rmSync(more.path);
});

it('leaves a short text, a pipe, and a machine without pager alone', async () => {
  const { path } = pager('unused');
  expect(await page(LONG, { env: { PAGER: path }, rows: 5 })).toBe(false);
  expect(await page(LONG, { env: { PAGER: path }, rows: undefined })).toBe(false);
  expect(await page(LONG, { env: { PATH: '/nowhere' }, rows: 2 })).toBe(false);
  expect(await page(LONG, { env: { PATH: '/usr/bin', PAGER: 'cat' }, rows: 2 })).toBe(false);
  expect(await page(LONG, { env: { PATH: '/usr/bin', PAGER: '' }, rows: 2 })).toBe(false);
});

it('leaves Ctrl-C to the pager: there it ends a search, and not us', async () => {
  const path = join(folder, 'interrupted');
  writeFileSync(path, '#!/bin/sh\nkill -INT $PPID\ncat > /dev/null\n');
  chmodSync(path, 0o755);
  let interrupts = 0;
  const listener = (): void => void interrupts++;
  process.on('SIGINT', listener);
  try {
    expect(await page(LONG, { env: { ...process.env, PAGER: path }, rows: 2 })).toBe(true);
    expect(interrupts).toBe(0);
    expect(process.listeners('SIGINT')).toContain(listener);
  } finally {
    process.off('SIGINT', listener);
  }
});

it('survives a pager that is left at once', async () => {
  const path = join(folder, 'leaves');
  writeFileSync(path, '#!/bin/sh\nexit 1\n');
  chmodSync(path, 0o755);
  const large = 'x\n'.repeat(200_000);
  expect(await page(large, { env: { PAGER: path }, rows: 2 })).toBe(true);
});
