import { describe, expect, it } from 'vitest';
import { drawLine, padded, span } from '../../../../src/ctl/render/line.ts';
import { ASCII_BARS, sparkline, UNICODE_BARS } from '../../../../src/ctl/render/sparkline.ts';

describe('drawLine', () => {
  const draw = (columns: number, color = false) =>
    drawLine([span('leader ', 'leader'), span('pg1'), span(' well', 'bad')], {
      ...{ columns, color, ellipsis: '~' },
    });

  it.each<[number, string]>([
    [15, 'leader pg1 well'],
    [14, 'leader pg1 we~'],
    [10, 'leader pg~'],
    [7, 'leader~'],
    [1, '~'],
    [0, ''],
  ])('in %i columns: "%s"', (columns, line) => {
    expect(draw(columns)).toBe(line);
  });

  it('colours the pieces', () => {
    expect(draw(12, true)).toBe('\u001b[1;32mleader \u001b[0mpg1\u001b[31m \u001b[0m~');
  });

  it('counts wide characters, and shows what could steer a terminal', () => {
    const style = { columns: 5, color: false, ellipsis: '~' };
    expect(drawLine([span('日本語')], style)).toBe('日本~');
    expect(drawLine([span('\u001b[2J')], { ...style, columns: 20 })).toBe('\\x1b[2J');
  });
});

describe('padded', () => {
  it.each<[string, number, 'l' | 'r', string]>([
    ['ab', 4, 'l', 'ab  '],
    ['ab', 4, 'r', '  ab'],
    ['abcde', 4, 'r', 'abc~'],
    ['日本', 3, 'l', '日~'],
    ['日本', 2, 'l', '~ '],
  ])('"%s" in %i, %s', (text, columns, align, expected) => {
    expect(padded(text, columns, { align, ellipsis: '~' })).toBe(expected);
  });
});

describe('sparkline', () => {
  it.each<[(number | null)[], number, string]>([
    [[0, 1, 50, 100, 200], 5, '▁▂▅██'],
    [[0, null, 100], 5, '  ▁ █'],
    [[1, 2, 0], 2, '▂▁'],
    [[1, 2], 0, ''],
    [[], 3, '   '],
  ])('%j in %i', (values, width, drawn) => {
    expect(sparkline(values, { width, top: 100, bars: UNICODE_BARS })).toBe(drawn);
  });

  it('in ASCII', () => {
    expect(sparkline([0, 1, 100], { width: 3, top: 100, bars: ASCII_BARS })).toBe('_.#');
  });
});
