import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DescriptorSink } from '../../../../src/system/log/descriptor-sink.ts';
import { FileSink } from '../../../../src/system/log/file-sink.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const LINE = 'x'.repeat(999);

describe('DescriptorSink', () => {
  it('does not wait for a pipe that nobody reads, and goes on when somebody does', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    let ready: () => void = () => {};
    const again = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const sink = new DescriptorSink(writer, () => ready());
    const lines = Array.from({ length: 200 }, () => LINE);
    const taken = sink.write(lines);
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(200);
    expect(sink.write(lines)).toBe(0);
    const buffer = Buffer.alloc(300_000);
    let read = readSync(reader, buffer);
    await again;
    sink.flush(lines.slice(taken, taken + 20));
    read += readSync(reader, buffer, { offset: read });
    const text = buffer.subarray(0, read).toString();
    expect(text).toBe(`${LINE}\n`.repeat(taken + 20));
    sink.close();
    closeSync(reader);
  });
});

describe('FileSink', () => {
  /** Writes lines one after the other as a log does, each when the sink is ready. */
  async function writeAll(lines: string[], options: { fileNum: number; fileSize: number }) {
    let ready: () => void = () => {};
    const sink = new FileSink({ dir: folder, mode: 0o640, ...options }, () => ready());
    for (const line of lines) {
      const done = new Promise<void>((resolve) => {
        ready = resolve;
      });
      expect(sink.write([line])).toBe(1);
      await done;
    }
    sink.close();
  }

  const content = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('rotates as Python does', async () => {
    const lines = Array.from({ length: 10 }, (_, number) => `line ${number}`);
    await writeAll(lines, { fileNum: 2, fileSize: 20 });
    expect(readdirSync(folder).sort()).toEqual(['patroni.log', 'patroni.log.1', 'patroni.log.2']);
    expect(content('patroni.log')).toBe('line 8\nline 9\n');
    expect(content('patroni.log.1')).toBe('line 6\nline 7\n');
    expect(content('patroni.log.2')).toBe('line 4\nline 5\n');
    expect(statSync(join(folder, 'patroni.log')).mode & 0o777).toBe(0o640);
  });

  it('goes on in the file that is there, and takes no more than a batch', async () => {
    writeFileSync(join(folder, 'patroni.log'), 'before\n');
    await writeAll(['after'], { fileNum: 0, fileSize: 5 });
    expect(content('patroni.log')).toBe('before\nafter\n');
    const sink = new FileSink({ dir: folder, mode: undefined, fileNum: 2, fileSize: 0 }, () => {});
    const taken = sink.write(Array.from({ length: 200 }, () => LINE));
    expect(taken).toBe(65);
    expect(sink.write([LINE])).toBe(0);
    sink.close();
  });

  it('cannot be opened where there is no directory', () => {
    const options = { dir: join(folder, 'none'), mode: undefined, fileNum: 1, fileSize: 1 };
    expect(() => new FileSink(options, () => {})).toThrow(/ENOENT/);
  });

  it('stays in its file when that cannot be moved', async () => {
    await writeAll(['one'], { fileNum: 2, fileSize: 5 });
    execFileSync('mkdir', ['-p', join(folder, 'patroni.log.1', 'full')]);
    await writeAll(['two'], { fileNum: 2, fileSize: 5 });
    await writeAll(['three'], { fileNum: 1, fileSize: 5 });
    expect(readdirSync(folder)).toContain('patroni.log');
    chmodSync(folder, 0o700);
  });
});
