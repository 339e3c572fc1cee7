import { describe, expect, it } from 'vitest';
import { type Key, keysOf } from '../../../../src/ctl/top/core/keys.ts';
import { orderOf } from '../../../../src/ctl/top/core/order.ts';
import { begin, type Look, reduce, type TopState } from '../../../../src/ctl/top/core/state.ts';
import { leads, lookOf, NOW, streams, viewOf } from './looks.ts';

const WRITTEN = 83886592;
const at = NOW;
const press = (state: TopState, ...keys: Key[]): TopState =>
  keys.reduce((now, key) => reduce(now, { kind: 'key', key }), state);
const look = (state: TopState, next: Look): TopState =>
  reduce(state, { kind: 'look', look: next, at });
const texts = ({ events }: TopState): string[] => events.map(({ text }) => text);

describe('the selection', () => {
  it('moves within the members', () => {
    const state = begin(lookOf());
    const then = (...keys: Key[]) => press(state, ...keys).selected;
    expect(state.selected).toBe('/pg1');
    expect(then('up')).toBe('/pg1');
    expect(then('down')).toBe('/pg2');
    expect(then('down', 'down', 'down')).toBe('/pg3');
    expect(then('last', 'up')).toBe('/pg2');
    expect(then('last', 'first')).toBe('/pg1');
  });

  it('stays with its member, and goes to the first when that has gone', () => {
    const state = press(begin(lookOf()), 'last');
    expect(look(state, lookOf(viewOf({ 'members/pg1': undefined }))).selected).toBe('/pg3');
    expect(look(state, lookOf(viewOf({ 'members/pg3': undefined }))).selected).toBe('/pg1');
  });

  it('of nobody is nobody', () => {
    const none = { 'members/pg1': undefined, 'members/pg2': undefined, 'members/pg3': undefined };
    const state = press(look(begin(lookOf()), lookOf(viewOf(none))), 'up', 'down', 'last');
    expect(state.selected).toBeUndefined();
    expect(orderOf(state, 'restart')).toBeUndefined();
  });
});

describe('orders', () => {
  it.each<[Key, unknown]>([
    ['switchover', { action: 'switchover', group: undefined }],
    ['restart', { action: 'restart', group: undefined, member: 'pg2' }],
    ['pause', { action: 'pause', group: undefined, paused: true }],
    ['help', undefined],
  ])('%s', (key, order) => {
    expect(orderOf(press(begin(lookOf()), 'down'), key)).toEqual(order);
  });

  it('a paused cluster is resumed', () => {
    const state = begin(lookOf(viewOf({ config: '{"pause":true}' })));
    expect(orderOf(state, 'pause')).toMatchObject({ paused: false });
  });
});

describe('the plot', () => {
  it('gets one value in each interval, whatever is looked at meanwhile', () => {
    const behind = (lag: number) =>
      lookOf(viewOf(), { pg1: leads(WRITTEN), pg2: streams(WRITTEN - lag) });
    let state = begin(lookOf());
    for (const lag of [10, 20, 30]) {
      state = look(look(state, behind(999)), behind(lag));
      state = reduce(state, { kind: 'tick' });
    }
    expect(state.lags.get('/pg2')).toEqual([10, 20, 30]);
    expect(state.lags.get('/pg1')).toEqual([null, null, null]);
  });

  it('of a member that comes late begins where the others are', () => {
    const without = lookOf(viewOf({ 'members/pg3': undefined }));
    let state = reduce(reduce(begin(without), { kind: 'tick' }), { kind: 'tick' });
    state = reduce(look(state, lookOf()), { kind: 'tick' });
    expect(state.lags.get('/pg3')).toEqual([null, null, 0]);
    state = reduce(look(state, without), { kind: 'tick' });
    expect(state.lags.get('/pg3')).toEqual([null, null, 0, null]);
  });

  it('forgets what no screen shows', () => {
    let state = begin(lookOf());
    for (let count = 0; count < 1000; count++) state = reduce(state, { kind: 'tick' });
    expect(state.lags.get('/pg2')).toHaveLength(600);
    for (let count = 0; count < 1000; count++) {
      state = reduce(state, { kind: 'talk', text: `${count}`, at });
    }
    expect(state.events).toHaveLength(200);
    expect(texts(state).at(-1)).toBe('999');
  });
});

describe('events', () => {
  it('tell that the store is silent, once, and that it answers again', () => {
    const failure = 'etcd does not answer: http://127.0.0.1:1: connection refused';
    const failed = look(begin(lookOf()), lookOf(viewOf(), {}, { failure }));
    expect(texts(failed)).toEqual([failure]);
    const longer = look(failed, lookOf(viewOf(), {}, { failure: 'still' }));
    expect(texts(longer)).toEqual([failure]);
    expect(texts(look(longer, lookOf()))).toEqual([failure, 'the store answers again']);
  });

  it('tell a document that cannot be read, once', () => {
    const broken = lookOf(viewOf({ sync: '{' }));
    const state = look(look(begin(lookOf()), broken), broken);
    expect(texts(state)).toHaveLength(1);
    expect(texts(state)[0]).toMatch(/sync/);
  });

  it('have the time at which they were seen', () => {
    const state = look(begin(lookOf()), lookOf(viewOf({ leader: 'pg2' })));
    expect(state.events[0]).toMatchObject({ at, tone: 'leader' });
  });
});

describe('keys', () => {
  it.each<[string, Key[]]>([
    ['jk', ['down', 'up']],
    ['\u001b[A\u001b[B', ['up', 'down']],
    ['\u001bOA\u001bOB', ['up', 'down']],
    ['\u001b[1~G', ['first', 'last']],
    ['\u001b', ['close']],
    ['\u001b[1;5A', []],
    ['j\u001b[200~srp\u001b[201~k', ['down', 'up']],
    ['\u001b[200~sr', []],
    ['äx\u{1f600}\r', []],
    ['\u0003\u001a\u000c', ['interrupt', 'suspend', 'redraw']],
    ['?q', ['help', 'quit']],
  ])('%j', (typed, keys) => {
    expect(keysOf(typed)).toEqual(keys);
  });

  it('the help is closed by the key that opened it, and by Escape', () => {
    const state = press(begin(lookOf()), 'help');
    expect(state.help).toBe(true);
    expect(press(state, 'help').help).toBe(false);
    expect(press(state, 'close').help).toBe(false);
  });
});
