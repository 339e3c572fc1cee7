import { type FileHandle, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLsn } from '../../model/lsn.ts';
import { syncDirectory } from '../conf/write-file.ts';
import { walFileName } from '../observe/last-record.ts';

/** Timeline, then the two halves of the segment's number, 8 digits each. */
const SEGMENT = /^[0-9A-F]{24}$/;
const DONE = /^([0-9A-F]{24})\.done$/;
/** Of pg_rewind, in the language C. */
const DIVERGED = /\bservers diverged at WAL location ([0-9A-F]+\/[0-9A-F]+)/;
/** Where recovery is to begin. */
const START = /^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)/m;

/** Bytes that are copied at a time. */
const BLOCK = 1024 * 1024;

interface Segment {
  readonly name: string;
  readonly file: FileHandle;
}

/**
 * The target's own WAL while pg_rewind works. Recovery begins at the last checkpoint that both have
 * in common, with WAL that the target has, and pg_rewind removes from it what the source does not
 * have (seen with 15.18; the fix of pgsql-committers, "Avoid deleting critical WAL segments during
 * pg_rewind", covers a part of it). A source that was itself copied a moment ago does not have it:
 * the rewound standby would ask for it for ever.
 *
 * Open files keep their content whatever becomes of their names, on every file system, and leave
 * nothing behind when the agent dies.
 */
export class HeldWal {
  readonly #walDir: string;
  readonly #segments: readonly Segment[];
  /** Those that need not be archived again. */
  readonly #archived: ReadonlySet<string>;
  #divergedAt: number | undefined;

  private constructor(walDir: string, segments: readonly Segment[], archived: ReadonlySet<string>) {
    this.#walDir = walDir;
    this.#segments = segments;
    this.#archived = archived;
  }

  /** Of a server that does not run. Rejects where its files cannot be read. */
  static async hold(dataDir: string): Promise<HeldWal> {
    const walDir = join(dataDir, 'pg_wal');
    const marks = await readdir(join(walDir, 'archive_status')).catch(() => []);
    const archived = marks.flatMap((name) => DONE.exec(name)?.[1] ?? []);
    const segments: Segment[] = [];
    const held = new HeldWal(walDir, segments, new Set(archived));
    try {
      for (const name of (await readdir(walDir)).filter((each) => SEGMENT.test(each))) {
        segments.push({ name, file: await open(join(walDir, name), 'r') });
      }
    } catch (error) {
      await held.close();
      throw error;
    }
    return held;
  }

  /** To be told what pg_rewind prints: until where the WAL is common. */
  listen(line: string): void {
    const [, lsn] = DIVERGED.exec(line) ?? [];
    if (lsn !== undefined) this.#divergedAt = parseLsn(lsn);
  }

  /**
   * After pg_rewind: from the segment in which recovery begins to the one in which the servers
   * diverged, what is missing is there again, and on disk. Resolves to the names of these.
   */
  async putBack(dataDir: string): Promise<string[]> {
    const label = await readFile(join(dataDir, 'backup_label'), 'latin1').catch(() => '');
    const from = START.exec(label)?.[1];
    // It had nothing to do.
    if (from === undefined || this.#divergedAt === undefined) return [];
    const divergedAt = this.#divergedAt;
    const there = new Set(await readdir(this.#walDir));
    const missing: string[] = [];
    for (const { name, file } of this.#segments) {
      if (there.has(name) || place(name) < place(from)) continue;
      const { size } = await file.stat();
      const last = walFileName({ timeline: 0, lsn: divergedAt, walSegment: size });
      if (place(name) > place(last)) continue;
      await this.#write(name, file);
      missing.push(name);
    }
    if (missing.length > 0) await syncDirectory(this.#walDir);
    return missing;
  }

  async close(): Promise<void> {
    await Promise.all(this.#segments.map(({ file }) => file.close()));
  }

  async #write(name: string, content: FileHandle): Promise<void> {
    const copy = await open(join(this.#walDir, name), 'wx', 0o600);
    try {
      const block = Buffer.alloc(BLOCK);
      for (let at = 0; ; ) {
        const { bytesRead } = await content.read(block, 0, BLOCK, at);
        if (bytesRead === 0) break;
        await copy.writeFile(block.subarray(0, bytesRead));
        at += bytesRead;
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
    if (!this.#archived.has(name)) return;
    const mark = join(this.#walDir, 'archive_status', `${name}.done`);
    await writeFile(mark, '', { mode: 0o600 });
  }
}

/** A segment's place in all WAL, whatever its timeline: these texts sort. */
function place(name: string): string {
  return name.slice(8);
}
