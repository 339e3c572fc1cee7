import { describe, expect, it } from 'vitest';
import {
  done,
  exitCodeFor,
  failed,
  failureOf,
  type Result,
  unknown,
} from '../../../src/ctl/result.ts';
import { DcsError, Interrupted, Refusal } from '../../../src/model/errors.ts';

const failure = { code: 'x', message: 'y' };

describe('exit codes', () => {
  const cases: [string, Result, number, number][] = [
    ['done', done({}), 0, 0],
    ['failed after the request was sent', failed({}, failure), 1, 0],
    ['unknown', unknown({}, failure), 3, 0],
    ['unhealthy', { outcome: 'unhealthy', data: {} }, 4, 0],
    ['refused', failureOf(new Refusal('x', 'y')), 1, 1],
    ['wrong usage', failureOf(new Refusal('usage', 'y', { usage: true })), 2, 2],
    ['a bad value', failureOf(new Refusal('x', 'y', { usage: true })), 2, 1],
    ['DCS silent', failureOf(new DcsError('y')), 1, 1],
    ['Ctrl-C', failureOf(new Interrupted()), 130, 1],
    ['our own mistake', failureOf(new TypeError('y')), 1, 1],
  ];
  it.each(cases)('%s', (_, result, own, patronictl) => {
    expect(exitCodeFor(result, false)).toBe(own);
    expect(exitCodeFor(result, true)).toBe(patronictl);
  });
});

describe('exit codes of patronictl for what it lets pass', () => {
  it.each([
    ['list', 'unknown-cluster', 0],
    ['query', 'unknown-group', 0],
    ['dsn', 'unknown-cluster', 1],
    ['restart', 'unknown-cluster', 1],
    ['list', 'no-cluster-name', 0],
    ['dsn', 'no-cluster-name', 1],
    ['query', 'no-such-member', 0],
    ['dsn', 'no-such-member', 1],
    ['version', 'unknown-member', 0],
  ])('%s, %s: %i', (command, code, expected) => {
    const result = failureOf(new Refusal(code, 'y'));
    expect(exitCodeFor(result, true, command)).toBe(expected);
    expect(exitCodeFor(result, false, command)).toBe(1);
  });
});

describe('what a thrown error becomes', () => {
  it('keeps the hint of a refusal', () => {
    const { error } = failureOf(new Refusal('no-leader', 'There is none', { hint: 'look' }));
    expect(error).toEqual({ code: 'no-leader', message: 'There is none', hint: 'look' });
  });

  it('owns up to our own mistakes, without a stack trace', () => {
    const { error } = failureOf(new TypeError('x is not a function'));
    expect(error?.code).toBe('internal-error');
    expect(error?.message).toBe('pgherd made a mistake of its own: x is not a function');
  });
});
