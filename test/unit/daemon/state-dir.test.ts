import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateDir, type StateDirInput } from '../../../src/daemon/state-dir.ts';
import { Refusal } from '../../../src/model/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-state-'));
  mkdirSync(join(folder, 'tmp'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function input(more: Partial<StateDirInput> = {}): StateDirInput {
  const uid = process.getuid?.() ?? 0;
  return {
    ...{ configured: undefined, dataDir: join(folder, 'data'), tmpDir: join(folder, 'tmp'), uid },
    ...more,
  };
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('openStateDir', () => {
  it('is beside the data directory, for us alone, whether that is there or not', () => {
    const beside = join(folder, 'data.pgherd');
    expect(openStateDir(input())).toEqual({ path: beside, warnings: [] });
    expect(modeOf(beside)).toBe(0o700);
    chmodSync(beside, 0o755);
    expect(openStateDir(input()).path).toBe(beside);
    expect(modeOf(beside)).toBe(0o700);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('makes what is above the data directory, as initdb does', () => {
    const dataDir = join(folder, 'a/b/data');
    expect(openStateDir(input({ dataDir })).path).toBe(`${dataDir}.pgherd`);
  });

  it('is where the configuration says', () => {
    const configured = join(folder, 'x/state');
    expect(openStateDir(input({ configured }))).toEqual({ path: configured, warnings: [] });
  });

  it('is among the temporary files when there is no place beside the data, with a warning', () => {
    writeFileSync(join(folder, 'data.pgherd'), '');
    const { path, warnings } = openStateDir(input());
    expect(path).toMatch(/tmp\/pgherd-\d+-[0-9a-f]{12}$/);
    expect(modeOf(path)).toBe(0o700);
    expect(warnings).toEqual([
      expect.stringMatching(/data\.pgherd cannot be used \(it is no directory\): the agent keeps/),
    ]);
    expect(openStateDir(input()).path).toBe(path);
    const other = input({ dataDir: join(folder, 'data/other') });
    writeFileSync(join(folder, 'data'), '');
    expect(openStateDir(other).path).not.toBe(path);
  });

  it('is not what somebody else has put there', () => {
    writeFileSync(join(folder, 'data.pgherd'), '');
    const { path } = openStateDir(input());
    rmSync(path, { recursive: true });
    symlinkSync(folder, path);
    expect(() => openStateDir(input())).toThrow(/cannot be used: it is no directory/);
    rmSync(path);
    mkdirSync(path);
    const uid = 12_345;
    expect(() => openStateDir(input({ uid }))).toThrow(/it belongs to somebody else/);
  });

  it.each(['', 'pgherd', 'a/../b'])('is never inside the data directory: %j', (inside) => {
    const configured = join(folder, 'data', inside);
    expect(() => openStateDir(input({ configured }))).toThrow(Refusal);
    mkdirSync(join(folder, 'data'));
    symlinkSync(join(folder, 'data'), join(folder, 'link'));
    const hidden = join(folder, 'link', inside);
    expect(() => openStateDir(input({ configured: hidden }))).toThrow(/inside the data directory/);
  });
});
