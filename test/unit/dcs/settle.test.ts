import { describe, expect, test } from 'vitest';
import type { Guard } from '../../../src/dcs/dcs.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import { type Found, settleWrite } from '../../../src/dcs/settle.ts';
import { DcsError } from '../../../src/model/errors.ts';

type Answer = 'done' | 'conflict' | 'lost' | 'refused';

/** A write that gets these answers, one per sending, and finds this when it looks. */
function write(
  guard: Guard,
  value: string | undefined,
  script: { answers: Answer[]; found: (Found | undefined | 'unreachable')[] },
) {
  const { answers, found } = script;
  return settleWrite({
    guard,
    value,
    async send() {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('sent more often than expected');
      if (answer === 'refused') throw new DcsError('permission denied');
      if (answer === 'lost') {
        throw new EndpointFailure('it did not answer in time', { maybeApplied: true });
      }
      return answer === 'done';
    },
    async look() {
      const there = found.shift();
      if (there === 'unreachable') throw new DcsError('etcd does not answer');
      return there;
    },
  });
}

const before: Found = { value: 'old', version: '5' };
const ours: Found = { value: 'new', version: '6' };
const theirs: Found = { value: 'other', version: '7' };
const atFive: Guard = { version: '5' };
const UNKNOWN = /it may have been written$/;

describe('an answer that arrives', () => {
  test('is the result', async () => {
    expect(await write(atFive, 'new', { answers: ['done'], found: [] })).toBe('done');
    expect(await write(atFive, 'new', { answers: ['conflict'], found: [] })).toBe('conflict');
  });

  test('that is a refusal is passed on', async () => {
    const result = write(atFive, 'new', { answers: ['refused'], found: [] });
    await expect(result).rejects.toThrow('permission denied');
  });
});

describe('an answer that got lost', () => {
  test('is "done" when what was to be written is there', async () => {
    expect(await write(atFive, 'new', { answers: ['lost'], found: [ours] })).toBe('done');
    expect(await write('absent', 'new', { answers: ['lost'], found: [ours] })).toBe('done');
    expect(await write('any', 'new', { answers: ['lost'], found: [ours] })).toBe('done');
  });

  test('is "done" when what was to be removed is gone', async () => {
    expect(await write(atFive, undefined, { answers: ['lost'], found: [undefined] })).toBe('done');
  });

  test('makes a guarded write go out again while its guard holds', async () => {
    const script = { answers: ['lost', 'done'] as Answer[], found: [before] };
    expect(await write(atFive, 'new', script)).toBe('done');
    expect(script.answers).toEqual([]);
    const created = { answers: ['lost', 'done'] as Answer[], found: [undefined] };
    expect(await write('absent', 'new', created)).toBe('done');
  });

  test('is "done" when the second sending meets the first one', async () => {
    const script = { answers: ['lost', 'conflict'] as Answer[], found: [before, ours] };
    expect(await write(atFive, 'new', script)).toBe('done');
  });

  test('never sends an unguarded write again', async () => {
    const result = write('any', 'new', { answers: ['lost'], found: [before] });
    await expect(result).rejects.toThrow(UNKNOWN);
  });

  test('the same text at the same version is not taken for a write that was done', async () => {
    const same = { value: 'new', version: '5' };
    const script = { answers: ['lost', 'done'] as Answer[], found: [same] };
    expect(await write(atFive, 'new', script)).toBe('done');
    expect(script.answers).toEqual([]);
  });

  test('stays unknown when somebody else wrote meanwhile', async () => {
    const result = write(atFive, 'new', { answers: ['lost'], found: [theirs] });
    await expect(result).rejects.toThrow(UNKNOWN);
    await expect(result).rejects.toBeInstanceOf(DcsError);
  });

  test('stays unknown when one cannot look, or it gets lost twice', async () => {
    const blind = write(atFive, 'new', { answers: ['lost'], found: ['unreachable'] });
    await expect(blind).rejects.toThrow(UNKNOWN);
    const twice = write(atFive, 'new', { answers: ['lost', 'lost'], found: [before, before] });
    await expect(twice).rejects.toThrow(UNKNOWN);
    const refused = write(atFive, 'new', { answers: ['lost', 'refused'], found: [before] });
    await expect(refused).rejects.toThrow(UNKNOWN);
  });
});
