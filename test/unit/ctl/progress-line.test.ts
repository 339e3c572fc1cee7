import { describe, expect, it } from 'vitest';
import { progressLine } from '../../../src/ctl/progress-line.ts';
import { byteSize } from '../../../src/ctl/render/byte-size.ts';
import { fakeSession } from './fake-session.ts';

describe('progressLine', () => {
  it.each([
    [40, 'x'.repeat(200), `copy 2 % ${'x'.repeat(30)}`],
    [80, 'x'.repeat(200), `copy 2 % ${'x'.repeat(70)}`],
    [20, '界'.repeat(20), `copy 2 % ${'界'.repeat(5)}`],
  ])('draws over its line on a terminal of %i columns, and never lets it wrap', (...given) => {
    const [stderrColumns, long, shown] = given;
    const session = fakeSession();
    const line = progressLine({ ...session, io: { ...session.io, stderrColumns } });
    line.show('copy', 'copy 1 %');
    line.show('copy', `copy 2 % ${long}`);
    expect(session.stderr).toEqual(['copy 1 %', `\u001b[1A\u001b[2K${shown}`]);
  });

  it('prints what is new at once, and the same again after ten seconds, elsewhere', async () => {
    const session = fakeSession();
    const line = progressLine(session);
    for (let second = 0; second < 25; second++) {
      line.show(second < 12 ? 'copy' : 'start', `${second} s`);
      await session.clock.sleep(1000);
    }
    expect(session.stderr).toEqual(['0 s', '10 s', '12 s', '22 s']);
  });

  it('escapes what comes from outside', () => {
    const session = fakeSession();
    progressLine(session).show('x', 'pg\u001b[2J');
    expect(session.stderr).toEqual(['pg\\x1b[2J']);
  });
});

describe('byteSize', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 kB'],
    [3 * 1024 ** 3, '3.0 GB'],
    [5 * 1024 ** 6, '5120.0 PB'],
  ])('%i is %s', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });
});
