import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryContent } from '../../../../src/postgres/observe/directory.ts';

describe('directoryContent', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pgherd-directory-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('is empty without a directory, and with nothing of PostgreSQL’s in it', async () => {
    expect(await directoryContent(join(dataDir, 'none'))).toBe('empty');
    mkdirSync(join(dataDir, 'lost+found'));
    writeFileSync(join(dataDir, '.hidden'), '');
    expect(await directoryContent(dataDir)).toBe('empty');
  });

  it('is empty after a crash in the midst of a copy into a mount point', async () => {
    mkdirSync(join(dataDir, 'pgsql_tmp.pgherd.new.0123abcd', 'global'), { recursive: true });
    writeFileSync(join(dataDir, 'pgsql_tmp.pgherd.new.0123abcd', 'PG_VERSION'), '15\n');
    mkdirSync(join(dataDir, 'pgsql_tmp.pgherd.20261127T000000000Z.failed'));
    expect(await directoryContent(dataDir)).toBe('empty');
  });

  it('is a cluster, or part of one', async () => {
    writeFileSync(join(dataDir, 'PG_VERSION'), '15\n');
    expect(await directoryContent(dataDir)).toBe('invalid');
    mkdirSync(join(dataDir, 'global'));
    writeFileSync(join(dataDir, 'global', 'pg_control'), '');
    expect(await directoryContent(dataDir)).toBe('cluster');
  });
});
