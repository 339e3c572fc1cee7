import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../../../src/ctl/render/text-width.ts';
import { type Canvas, frame } from '../../../../src/ctl/top/core/frame.ts';
import { begin, reduce, type TopState } from '../../../../src/ctl/top/core/state.ts';
import { memberDocument } from '../documents.ts';
import { leads, lookOf, NOW, silent, streams, viewOf } from './looks.ts';

const WRITTEN = 83886592;
const MB = 1024 * 1024;
const CANVAS: Canvas = {
  columns: 80,
  rows: 24,
  color: false,
  unicode: true,
  now: NOW,
  nowMs: 500,
  everyMs: 1000,
};
const lookAt = (state: TopState, look = lookOf()) => reduce(state, { kind: 'look', look, at: NOW });

/** A cluster of which pg2 falls behind and pg3 is silent. */
function busy(): TopState {
  let state = begin(lookOf());
  for (const lag of [0, MB, 2 * MB, 4 * MB]) {
    const heard = { pg1: leads(WRITTEN), pg2: streams(WRITTEN - lag), pg3: silent() };
    state = reduce(lookAt(state, lookOf(viewOf(), heard)), { kind: 'tick' });
  }
  return reduce(state, { kind: 'key', key: 'down' });
}

function plain(lines: readonly string[]): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding colours is the purpose
  return lines.map((line) => line.replace(/\u001b\[\d+(;\d+)*m/g, '').trimEnd());
}

describe('on 92 by 14', () => {
  it('shows members, lags with a plot, and events, the newest first', () => {
    const lines = plain(frame(busy(), { ...CANVAS, columns: 92, rows: 14 }));
    expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d/, 'hh:mm:ss'))).toEqual([
      'hh:mm:ss  demo (7000000000000000000)   3 members',
      'leader pg1   timeline 2',
      '  Member  Role     State              TL  Receive lag  Replay lag  Lag s  Over time',
      '  pg1     Leader   running             2',
      '> pg2     Replica  streaming           2       4.0 MB      4.0 MB      ?                ▁▃▅█',
      '  pg3     Replica  streaming, silent   2          0 B         0 B      ?                ▁▁▁▁',
      '',
      'Events',
      'hh:mm:ss  pg2 lags 2.0 MB, more than maximum_lag_on_failover (1.0 MB)',
      'hh:mm:ss  pg3 is silent: connection refused',
      '',
      '',
      '',
      'q quit   s switchover   r restart pg2   p pause   ? help',
    ]);
  });
});

describe('room', () => {
  const titles = (columns: number): string => plain(frame(busy(), { ...CANVAS, columns }))[2] ?? '';

  it('is given to what matters more', () => {
    expect(titles(160)).toMatch(/^ {2}Member +Host +Role .* Lag s +Replay lag over time +Peak$/);
    expect(titles(80)).toMatch(/^ {2}Member +Role +State +TL +Replay lag +Lag s +Over time$/);
    expect(titles(60)).toMatch(/^ {2}Member +Role +State +TL +Replay lag$/);
    expect(titles(30)).toMatch(/^ {2}Member +Role$/);
    expect(titles(8)).toBe('  Member');
  });

  it('the highest value of the plot is beside it', () => {
    const lines = plain(frame(busy(), { ...CANVAS, columns: 160 }));
    expect(lines.find((line) => line.startsWith('> pg2'))).toMatch(/▁▃▅█ +4\.0 MB$/);
  });

  it('a screen of few rows keeps the selected member', () => {
    const selected = /^> pg2 /m;
    for (const rows of [2, 3, 4, 5, 6, 8]) {
      expect(plain(frame(busy(), { ...CANVAS, rows })).join('\n')).toMatch(selected);
    }
    const crowd = Array.from({ length: 50 }, (_, index) => `m${index + 10}`);
    const members = crowd.map((name) => [`members/${name}`, memberDocument(name)]);
    let state = begin(lookOf(viewOf(Object.fromEntries(members))));
    state = reduce(state, { kind: 'key', key: 'last' });
    expect(plain(frame(state, CANVAS)).join('\n')).toMatch(/^> pg3 /m);
    for (let up = 0; up < 25; up++) state = reduce(state, { kind: 'key', key: 'up' });
    expect(plain(frame(state, { ...CANVAS, rows: 7 })).join('\n')).toMatch(/^> m37 /m);
  });
});

describe('a store that does not answer', () => {
  const line = (state: TopState, nowMs: number) => plain(frame(state, { ...CANVAS, nowMs }))[2];

  it('is said with the age of what is shown, and why', () => {
    const failure = 'etcd does not answer: connection refused';
    const state = lookAt(begin(lookOf()), lookOf(viewOf(), {}, { readMs: 1000, failure }));
    expect(line(state, 13_000)).toBe(`shown as of 12 s ago: ${failure}`);
  });

  it('is said while it is only late', () => {
    const state = begin(lookOf());
    expect(line(state, 3000)).toMatch(/^ {2}Member/);
    expect(line(state, 3600)).toBe('shown as of 4 s ago: the store has not answered yet');
  });
});

describe('other screens', () => {
  it('the help', () => {
    const lines = plain(frame(reduce(busy(), { kind: 'key', key: 'help' }), CANVAS));
    expect(lines.join('\n')).toMatch(/^s +switchover: shows the candidates/m);
    expect(lines.at(-1)).toMatch(/\? back$/);
  });

  it('a paused, synchronous cluster with a plan; no leader', () => {
    const view = viewOf({
      config: '{"pause":true,"synchronous_mode":true}',
      leader: undefined,
      failover: '{"candidate":"pg2","scheduled_at":"2026-02-01T12:00:00+00:00"}',
    });
    const lines = plain(frame(begin(lookOf(view)), { ...CANVAS, columns: 120 }));
    expect(lines[1]).toBe(
      'no leader   synchronous   paused: no automatic failover   ' +
        'switchover at 2026-02-01T12:00:00+00:00',
    );
    expect(lines.at(-1)).toContain('p resume');
  });

  it('without colour and without Unicode there is only ASCII', () => {
    const text = frame(busy(), { ...CANVAS, columns: 70, unicode: false }).join('\n');
    expect(text).toMatch(/^[ -~\n]*$/);
    expect(frame(busy(), { ...CANVAS, columns: 100, unicode: false }).join('\n')).toContain('_:=#');
  });

  it('with colour the same characters are shown', () => {
    const coloured = frame(busy(), { ...CANVAS, color: true });
    expect(coloured.join('')).toContain('\u001b[1;32mleader pg1\u001b[0m');
    expect(plain(coloured)).toEqual(plain(frame(busy(), CANVAS)));
  });
});

describe('whatever the size and the names', () => {
  it('there are exactly so many lines, and none is wider than the terminal', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    const cluster = fc.record({
      names: fc.uniqueArray(name, { maxLength: 12 }),
      state: fc.string({ unit: 'binary', maxLength: 80 }),
      failure: fc.option(fc.string({ unit: 'binary', maxLength: 200 }), { nil: undefined }),
      lag: fc.nat(2 ** 40),
      help: fc.boolean(),
    });
    const canvas = fc.record({
      columns: fc.integer({ min: 1, max: 250 }),
      rows: fc.integer({ min: 1, max: 60 }),
      color: fc.boolean(),
      unicode: fc.boolean(),
    });
    fc.assert(
      fc.property(cluster, canvas, ({ names, state: said, failure, lag, help }, size) => {
        const members = names.map((one) => {
          const data = { state: said, replay_lsn: WRITTEN, receive_lsn: WRITTEN, timeline: 2 };
          return [`members/${one}`, memberDocument(one, data)] as const;
        });
        const status = `{"optime":${WRITTEN + lag}}`;
        const view = viewOf({ ...Object.fromEntries(members), status });
        let state = lookAt(begin(lookOf()), lookOf(view, {}, { failure }));
        for (let count = 0; count < 5; count++) state = reduce(state, { kind: 'tick' });
        if (help) state = reduce(state, { kind: 'key', key: 'help' });
        const lines = plain(frame(state, { ...CANVAS, ...size }));
        expect(lines).toHaveLength(size.rows);
        for (const line of lines) {
          expect(textWidth(line)).toBeLessThanOrEqual(size.columns);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
