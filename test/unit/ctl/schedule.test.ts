import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../src/ctl/schedule.ts';
import { Refusal } from '../../../src/model/errors.ts';

const clock = { now: () => new Date('2026-01-01T12:00:00Z') };
const berlin = 'Europe/Berlin';

describe('parseSchedule', () => {
  it.each(['now', '', ' now '])('%j is now', async (text) => {
    expect(await parseSchedule(text, clock)).toBeUndefined();
  });

  it.each([
    ['2026-05-29T04:32:31-3', '2026-05-29T04:32:31-03:00', '2026-05-29T07:32:31Z'],
    ['2026-05-29T04:32:31Z', '2026-05-29T04:32:31+00:00', '2026-05-29T04:32:31Z'],
    ['2026-05-29 04:32 UTC', '2026-05-29T04:32:00+00:00', '2026-05-29T04:32:00Z'],
    ['2026-05-29 04:32:31 +05:30', '2026-05-29T04:32:31+05:30', '2026-05-28T23:02:31Z'],
    ['2026-05-29T04:32+0200', '2026-05-29T04:32:00+02:00', '2026-05-29T02:32:00Z'],
    ['20260529T043231Z', '2026-05-29T04:32:31+00:00', '2026-05-29T04:32:31Z'],
    ['2026-05-29T04:32:31.25Z', '2026-05-29T04:32:31.250000+00:00', '2026-05-29T04:32:31.250Z'],
    ['2026-07-01T10:00', '2026-07-01T10:00:00+02:00', '2026-07-01T08:00:00Z'],
    ['2026-01-02 10:00', '2026-01-02T10:00:00+01:00', '2026-01-02T09:00:00Z'],
    ['2026-01-02', '2026-01-02T00:00:00+01:00', '2026-01-01T23:00:00Z'],
    ['23:30', '2026-01-01T23:30:00+01:00', '2026-01-01T22:30:00Z'],
  ])('%s', async (text, iso, utc) => {
    expect(await parseSchedule(text, clock, berlin)).toEqual({ iso, utc });
  });

  it.each([
    ...['tomorrow', '01/02/2026', '2026-13-01', '2026-02-30 10:00', '2026-01-01 24:00', '5', 'Z'],
    ...[
      '2026-01',
      '1030',
      '2026-01-01 10:61',
      '2026-01-01T10:00 Europe/Berlin',
      '\u001b[2J',
      '10:00 +99:00',
    ],
  ])('refuses %j', async (text) => {
    const refusal = await parseSchedule(text, clock, berlin).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).message).toMatch(/^Unable to parse scheduled timestamp \(/);
    expect((refusal as Refusal).message).not.toContain('\u001b');
  });

  it('refuses a local time that the change to summer time skips', async () => {
    await expect(parseSchedule('2026-03-29 02:30', clock, berlin)).rejects.toThrow(
      'There is no such local time',
    );
  });

  it('gives back the moment that any date printed as ISO means', async () => {
    const dates = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2099-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    await fc.assert(
      fc.asyncProperty(dates, async (date) => {
        const parsed = await parseSchedule(date.toISOString(), clock, berlin);
        expect(new Date(parsed?.iso ?? '').getTime()).toBe(date.getTime());
        expect(new Date(parsed?.utc ?? '').getTime()).toBe(date.getTime());
      }),
    );
  });
});
