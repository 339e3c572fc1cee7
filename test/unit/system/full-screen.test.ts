import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ScreenStreams, TerminalScreen } from '../../../src/system/full-screen.ts';

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h';
const LEAVE = '\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l';

function setUp() {
  const stdout = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    setRawMode: (mode: boolean) => void raw.push(mode),
  });
  const process = new EventEmitter();
  const kills: unknown[] = [];
  const streams = Object.assign(process, {
    ...{ stdin, stdout },
    kill: (pid: number, signal: string) => void kills.push([pid, signal]),
  }) as unknown as ScreenStreams;
  let diverted: ((line: string) => void) | undefined;
  const screen = new TerminalScreen(streams, (take) => {
    diverted = take;
  });
  const told: string[] = [];
  const enter = (): void =>
    screen.enter({
      typed: (text) => void told.push(`typed ${text}`),
      changed: () => void told.push('changed'),
      talk: (line) => void told.push(`talk ${line}`),
    });
  const written = (): string => String(stdout.read() ?? '');
  const isDiverted = (): boolean => diverted !== undefined;
  const say = (line: string): void => diverted?.(line);
  return { screen, stdin, stdout, process, raw, kills, told, enter, written, isDiverted, say };
}

describe('taking and giving back', () => {
  it('leaves nothing behind', () => {
    const { screen, stdin, stdout, process, raw, enter, written, isDiverted } = setUp();
    const listeners = () => [
      ...[stdin.listenerCount('data'), stdin.listenerCount('end')],
      ...[stdout.listenerCount('resize'), process.listenerCount('exit')],
      process.listenerCount('SIGCONT'),
    ];
    const before = listeners();
    enter();
    expect([written(), raw, isDiverted()]).toEqual([ENTER, [true], true]);
    screen.leave();
    screen.leave();
    expect([written(), raw, isDiverted()]).toEqual([LEAVE, [true, false], false]);
    expect(listeners()).toEqual(before);
    expect(stdin.isPaused()).toBe(true);
  });

  it('gives it back when the process exits', () => {
    const { process, enter, written } = setUp();
    enter();
    written();
    process.emit('exit');
    expect(written()).toBe(LEAVE);
  });

  it('takes it again after a stop, and is drawn anew', async () => {
    const { screen, process, raw, kills, told, enter, written } = setUp();
    enter();
    screen.draw(['a']);
    written();
    await screen.suspend();
    expect(kills).toEqual([[0, 'SIGTSTP']]);
    expect(written()).toBe(LEAVE + ENTER);
    raw.length = 0;
    process.emit('SIGCONT');
    expect(raw).toEqual([false, true]);
    expect(told).toEqual(['changed']);
    written();
    screen.draw(['a']);
    expect(written()).toContain('a');
  });
});

describe('drawing', () => {
  it('writes the lines that have changed, each where it belongs', () => {
    const { screen, enter, written } = setUp();
    enter();
    written();
    screen.draw(['one', 'two']);
    expect(written()).toBe('\u001b[2J\u001b[1;1H\u001b[2Kone\u001b[2;1H\u001b[2Ktwo');
    screen.draw(['one', '2']);
    expect(written()).toBe('\u001b[2;1H\u001b[2K2');
    screen.draw(['one', '2']);
    expect(written()).toBe('');
    screen.forget();
    screen.draw(['one', '2']);
    expect(written()).toMatch(/one.*2/);
  });

  it('writes all of them when the size has changed', () => {
    const { screen, stdout, told, enter, written } = setUp();
    enter();
    screen.draw(['one', 'two']);
    written();
    Object.assign(stdout, { columns: 0, rows: 5 });
    stdout.emit('resize');
    expect(screen.size).toEqual({ columns: 80, rows: 5 });
    expect(told).toEqual(['changed']);
    screen.draw(['one', 'two']);
    expect(written()).toMatch(/one.*two/);
  });
});

describe('what comes in', () => {
  it('keys, what others say, and the end of the keys as Ctrl-C', async () => {
    const { stdin, told, enter, say } = setUp();
    enter();
    say('Warning: w');
    stdin.end('jk');
    await new Promise((resolve) => stdin.once('end', resolve));
    expect(told).toEqual(['talk Warning: w', 'typed jk', 'typed \u0003']);
  });

  it('any key', async () => {
    const { screen, stdin, raw } = setUp();
    const pressed = screen.anyKey(new AbortController().signal);
    stdin.write('x');
    expect(await pressed).toBe('x');
    expect(raw).toEqual([true, false]);
    expect(stdin.listenerCount('data')).toBe(0);
  });

  it('no key any more, and Ctrl-C to the process', async () => {
    const { screen, stdin, raw } = setUp();
    const abort = new AbortController();
    const waiting = screen.anyKey(abort.signal);
    abort.abort(new Error('told to end'));
    await expect(waiting).rejects.toThrow('told to end');
    await expect(screen.anyKey(abort.signal)).rejects.toThrow('told to end');
    expect(raw).toEqual([true, false]);
    stdin.end();
    expect(await screen.anyKey(new AbortController().signal)).toBe('');
  });
});
