import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  clearPlaceholders,
  historyFile,
  removeFiles,
  reserveTimelines,
} from '../../../../src/postgres/jobs/placeholders.ts';

describe('placeholders of timelines', () => {
  let dataDir: string;
  const there = (): string[] => readdirSync(join(dataDir, 'pg_wal')).sort();
  const write = (timeline: number, text: string): void =>
    writeFileSync(join(dataDir, 'pg_wal', historyFile(timeline)), text);

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pgherd-timelines-'));
    mkdirSync(join(dataDir, 'pg_wal'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('fill the gap up to the number that somebody has used', async () => {
    write(4, '1\t0/3000000\tno recovery target specified\n');
    const placed = await reserveTimelines(dataDir, { own: 2, above: 5 });
    expect(there()).toEqual(['00000003.history', '00000004.history', '00000005.history']);
    await removeFiles(placed);
    expect(there()).toEqual(['00000004.history']);
  });

  it('are not needed where nobody was ahead', async () => {
    expect(await reserveTimelines(dataDir, { own: 5, above: 5 })).toEqual([]);
    expect(await reserveTimelines(dataDir, { own: 5, above: 3 })).toEqual([]);
  });

  it('are not made in thousands for a number that makes no sense', async () => {
    await expect(reserveTimelines(dataDir, { own: 1, above: 4_000_000_000 })).rejects.toThrow(
      'timelines',
    );
    expect(there()).toEqual([]);
  });

  it('go when they could stand for the timeline of a primary', async () => {
    await reserveTimelines(dataDir, { own: 1, above: 4 });
    write(5, '4\t0/3000000\tno recovery target specified\n');
    await clearPlaceholders(dataDir, 2);
    expect(there()).toEqual(['00000002.history', '00000005.history']);
  });
});
