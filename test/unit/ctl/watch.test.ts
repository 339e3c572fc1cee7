import { describe, expect, it } from 'vitest';
import { watching, watchSeconds } from '../../../src/ctl/watch.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { fakeSession } from './fake-session.ts';

/** A session whose Ctrl-C comes after a number of sleeps. */
function sessionFor(sleeps: number, options: { terminal?: boolean; term?: string } = {}) {
  const abort = new AbortController();
  const times: number[] = [];
  const session = fakeSession({
    signal: abort.signal,
    env: { TERM: options.term ?? 'xterm' },
    onSleep: (ms) => {
      times.push(ms);
      if (times.length === sleeps) abort.abort(new Error('Ctrl-C'));
    },
  });
  const io = { ...session.io, stdoutIsTerminal: options.terminal ?? false };
  return { ...session, io, times };
}

/** Draws `1`, `2`, …; the calls that are named in `fails` fail. */
function drawing(...fails: number[]): () => Promise<string> {
  let count = 0;
  return async () => {
    count++;
    if (fails.includes(count)) throw new DcsError('etcd does not answer');
    return `frame ${count}\nend`;
  };
}

describe('watching', () => {
  it('draws over the last text, line by line, and gives the cursor back', async () => {
    const session = sessionFor(2, { terminal: true });
    await expect(watching(session, 1, drawing())).rejects.toThrow('Ctrl-C');
    expect(session.stdout).toEqual([
      '\u001b[?25l\u001b[2J',
      '\u001b[Hframe 1\u001b[K\nend\u001b[K\u001b[J',
      '\u001b[Hframe 2\u001b[K\nend\u001b[K\u001b[J',
      '\n\u001b[?25h',
    ]);
    expect(session.times).toEqual([1000, 2000]);
  });

  it.each([{ terminal: false }, { terminal: true, term: 'dumb' }])(
    'prints one text after the other on %o',
    async (options) => {
      const session = sessionFor(2, options);
      await expect(watching(session, 1, drawing())).rejects.toThrow('Ctrl-C');
      expect(session.stdout).toEqual(['frame 1\nend', 'frame 2\nend']);
    },
  );

  it('keeps the last text when a look fails, says why, and goes on', async () => {
    const session = sessionFor(3, { terminal: true });
    await expect(watching(session, 1, drawing(2))).rejects.toThrow('Ctrl-C');
    const failure = 'Error: etcd does not answer\u001b[K';
    expect(session.stdout[2]).toBe(`\u001b[Hframe 1\u001b[K\nend\u001b[K\n${failure}\u001b[J`);
    expect(session.stdout[3]).toContain('frame 3');
    const pipe = sessionFor(3);
    await expect(watching(pipe, 1, drawing(2))).rejects.toThrow('Ctrl-C');
    expect(pipe.stdout).toEqual(['frame 1\nend', 'frame 3\nend']);
    expect(pipe.stderr).toEqual(['Error: etcd does not answer']);
  });

  it('ends when our own code fails, with the cursor back', async () => {
    const session = sessionFor(9, { terminal: true });
    const draw = drawing();
    const broken = async () => {
      if (session.times.length > 0) throw new TypeError('bug');
      return draw();
    };
    await expect(watching(session, 1, broken)).rejects.toThrow('bug');
    expect(session.stdout.at(-1)).toContain('\u001b[?25h');
  });

  it('ends when nobody reads any more', async () => {
    const session = sessionFor(9);
    let frames = 0;
    const io = {
      ...session.io,
      get outputClosed() {
        return ++frames > 2;
      },
    };
    await watching({ ...session, io }, 1, drawing());
    expect(session.stdout).toHaveLength(2);
  });
});

describe('watchSeconds', () => {
  it.each([
    [false, undefined, undefined],
    [true, undefined, 2],
    [false, '0.5', 0.5],
    [true, '5', 5],
    [false, '0', undefined],
    [true, '0', 2],
  ])('-W %s -w %s → %s', (flag, value, seconds) => {
    expect(watchSeconds(flag, value)).toBe(seconds);
  });

  it.each(['-1', 'x', '', ' ', 'Infinity', 'NaN'])('refuses -w "%s"', (value) => {
    expect(() => watchSeconds(false, value)).toThrow('--watch wants a number of seconds');
  });
});
