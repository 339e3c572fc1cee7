import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Streams, Terminal } from '../../../src/system/terminal.ts';

function setUp() {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exits: number[] = [];
  const streams: Streams = {
    stdout,
    stderr,
    env: {},
    exit: ((code: number) => void exits.push(code)) as Streams['exit'],
  };
  const terminal = new Terminal(streams, { json: false });
  const said = (): string => String(stderr.read() ?? '');
  return { terminal, stdout, exits, said };
}

/** An error of the system as Node hands it out. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it went wrong, write`), { code });
}

describe('stdout', () => {
  it('may be left by its reader: nothing is said, nothing more is written', () => {
    const { terminal, stdout, exits, said } = setUp();
    stdout.emit('error', systemError('EPIPE'));
    terminal.out('more');
    expect(terminal.outputClosed).toBe(true);
    expect([stdout.read(), said(), exits]).toEqual([null, '', []]);
  });

  it('that cannot be written, as on a full disk, is a failure in one sentence', () => {
    const { stdout, exits, said } = setUp();
    stdout.emit('error', systemError('ENOSPC'));
    stdout.emit('error', systemError('ENOSPC'));
    expect(said()).toBe('Error: The output could not be written: ENOSPC: it went wrong, write\n');
    expect(exits).toEqual([1]);
  });
});

describe('while a full screen is drawn', () => {
  it('what goes to stderr is handed over', () => {
    const { terminal, said } = setUp();
    const taken: string[] = [];
    terminal.divert((line) => void taken.push(line));
    terminal.warn('w');
    expect([said(), taken]).toEqual(['', ['Warning: w']]);
    terminal.divert(undefined);
    terminal.warn('x');
    expect([said(), taken]).toEqual(['Warning: x\n', ['Warning: w']]);
  });
});

describe('the last words', () => {
  it('cannot steer the terminal, whoever wrote them', () => {
    const { terminal, said } = setUp();
    terminal.fail({ message: 'no \u001b[31mflag\nError: x', hint: '\u009b2J' });
    expect(said()).toBe('Error: no \\x1b[31mflag\\nError: x\nHINT: \\x9b2J\n');
  });
});
