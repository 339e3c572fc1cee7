import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { querySql } from '../../../../src/ctl/inspect/query-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgherd-sql-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { signal } = new AbortController();

it('takes the SQL of one of two places, and of one only', async () => {
  const file = join(folder, 'one.sql');
  writeFileSync(file, 'SELECT 1\n');
  const sql = (command?: string, from?: string) => querySql({ command, file: from }, signal);
  expect(await sql('SELECT 2')).toBe('SELECT 2');
  expect(await sql(undefined, file)).toBe('SELECT 1\n');
  await expect(sql('SELECT 2', file)).rejects.toThrow(/mutually exclusive/);
  await expect(sql()).rejects.toThrow(/either --command or --file/);
  await expect(sql(undefined, folder)).rejects.toThrow(
    `Could not read ${folder}: it is a directory`,
  );
});

it('ends with Ctrl-C while it reads', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stopped'));
  const file = join(folder, 'late.sql');
  writeFileSync(file, 'SELECT 1');
  await expect(querySql({ command: undefined, file }, controller.signal)).rejects.toThrow(
    'stopped',
  );
});
