import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  install,
  isEmptyDirectory,
  newPlace,
  reachesOutside,
  removeAside,
  removeContents,
  removeUnfinished,
  setAside,
} from '../../../../src/postgres/jobs/copy/data-directory.ts';

describe('a data directory', () => {
  let root: string;
  let dataDir: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pgherd-data-'));
    dataDir = join(root, 'data');
    mkdirSync(join(dataDir, 'pg_tblspc'), { recursive: true });
    writeFileSync(join(dataDir, 'PG_VERSION'), '15\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it.each(['', '/'])('is put aside under a name with the time (given with %j)', async (end) => {
    const aside = await setAside(dataDir + end);
    expect(aside).toMatch(/\/data\.\d{8}T\d{9}Z\.failed$/);
    expect(existsSync(join(aside, 'PG_VERSION'))).toBe(true);
    expect(readdirSync(dataDir)).toEqual([]);
    await removeAside(aside);
    expect(readdirSync(root)).toEqual(['data']);
  });

  it('takes with it what its links point to', async () => {
    mkdirSync(join(root, 'wal'));
    mkdirSync(join(root, 'space'));
    writeFileSync(join(root, 'wal', 'segment'), '');
    symlinkSync(join(root, 'wal'), join(dataDir, 'pg_wal'));
    symlinkSync(join(root, 'space'), join(dataDir, 'pg_tblspc', '16385'));
    expect(await reachesOutside(dataDir)).toBe(true);
    const aside = await setAside(dataDir);
    expect(existsSync(join(root, 'wal'))).toBe(false);
    expect(existsSync(join(root, 'space'))).toBe(false);
    expect(readlinkSync(join(aside, 'pg_wal'))).toMatch(/\/wal\..*\.failed$/);
    expect(existsSync(join(aside, 'pg_wal', 'segment'))).toBe(true);
    await removeAside(aside);
    expect(readdirSync(root)).toEqual(['data']);
  });

  it('that is a link stays one', async () => {
    symlinkSync(dataDir, join(root, 'link'));
    const aside = await setAside(join(root, 'link'));
    expect(readlinkSync(join(root, 'link'))).toBe(dataDir);
    expect(aside.startsWith(dataDir)).toBe(true);
  });

  it('gets a finished copy, made beside it', async () => {
    const copy = await newPlace(`${dataDir}/`);
    expect(copy).toMatch(/\/data\.new\.[0-9a-f]{8}$/);
    mkdirSync(copy);
    writeFileSync(join(copy, 'fresh'), '');
    const aside = await setAside(dataDir);
    await install(copy, dataDir);
    expect(readdirSync(dataDir)).toEqual(['fresh']);
    expect(existsSync(join(aside, 'PG_VERSION'))).toBe(true);
  });

  it('gets it too where a file system keeps something of its own', async () => {
    await removeContents(dataDir);
    mkdirSync(join(dataDir, '.snapshot'));
    const copy = await newPlace(dataDir);
    mkdirSync(copy);
    writeFileSync(join(copy, 'fresh'), '');
    expect(await isEmptyDirectory(dataDir)).toBe(true);
    await install(copy, dataDir);
    expect(readdirSync(dataDir).sort()).toEqual(['.snapshot', 'fresh']);
    expect(readdirSync(root)).toEqual(['data']);
  });

  it('is empty when there is nothing of worth in it', async () => {
    expect(await isEmptyDirectory(dataDir)).toBe(false);
    await removeContents(dataDir);
    expect(readdirSync(dataDir)).toEqual([]);
    mkdirSync(join(dataDir, 'lost+found'));
    expect(await isEmptyDirectory(dataDir)).toBe(true);
    expect(await isEmptyDirectory(join(root, 'nothing'))).toBe(true);
  });

  it('loses what copies left that were never finished, and nothing else', async () => {
    const names = ['data.new.0123abcd', 'data.new.mine', 'data2.new.0123abcd'];
    for (const name of names) mkdirSync(join(root, name));
    mkdirSync(join(dataDir, 'pgsql_tmp.pgherd.new.0123abcd'));
    await removeUnfinished(dataDir);
    expect(readdirSync(root).sort()).toEqual(['data', 'data.new.mine', 'data2.new.0123abcd']);
    expect(readdirSync(dataDir).sort()).toEqual(['PG_VERSION', 'pg_tblspc']);
  });
});
