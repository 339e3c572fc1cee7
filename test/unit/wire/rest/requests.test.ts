import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatFailsafeMessage,
  parseFailsafeMessage,
} from '../../../../src/wire/rest/failsafe-message.ts';
import { parseRestartRequest } from '../../../../src/wire/rest/restart-request.ts';
import { parseSchedule } from '../../../../src/wire/rest/schedule.ts';
import { lenientBytes } from '../../../../src/wire/rest/sizes.ts';
import { parseTakeoverBody } from '../../../../src/wire/rest/takeover-request.ts';

const NOW = Date.UTC(2026, 10, 24);
const LATER = '2026-11-24T01:00:00+00:00';

describe('lenientBytes', () => {
  // What Patroni 4.1.5's parse_int(text, 'B') gives.
  it.each([
    ['0', 0],
    ['100', 100],
    [' 16 MB ', 16_777_216],
    ['16MB', 16_777_216],
    ['1kB', 1024],
    ['1.5kB', 1536],
    ['4097.4MB', 4_296_435_712],
    ['1GB', 1_073_741_824],
    ['1TB', 1_099_511_627_776],
    ['10B', 10],
    ['0x10B', 267],
    ['0x10', 16],
    ['010', 8],
    ['-1', -1],
    ['1e3', 1000],
    ['1mb', undefined],
    ['1KB', undefined],
    ['MB', undefined],
    ['', undefined],
    ['many', undefined],
  ])('%s → %s', (text, bytes) => {
    expect(lenientBytes(text)).toBe(bytes);
  });
});

describe('parseSchedule', () => {
  it.each([
    [LATER, LATER],
    ['2026-11-24T02:00:00+01:00', '2026-11-24T02:00:00+01:00'],
    ['2026-11-24 01:00+00', LATER],
    ['2026-11-24T01:00:00Z', LATER],
    ['2026-11-24 01:00:00 UTC', LATER],
    ['20261124T010000Z', LATER],
    ['20261124 0100Z', LATER],
    ['2026-11-24T01:00:00.5Z', '2026-11-24T01:00:00.500000+00:00'],
  ])('takes %s', (text, iso) => {
    expect(parseSchedule(text, 'switchover', NOW)).toEqual({ ok: true, at: Date.parse(iso), iso });
  });

  it.each([
    ['2026-11-24T01:00:00', 400, 'Timezone information is mandatory for the scheduled restart'],
    ['2026-11-24', 400, 'Timezone information is mandatory for the scheduled restart'],
    ['2026-11-23T23:59:59Z', 422, 'Cannot schedule restart in the past'],
    ...['soon', '', null, 5, ['x'], '2026-13-24T01:00:00Z'].map(
      (value): [unknown, number, string] => [
        value,
        422,
        'Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601',
      ],
    ),
  ])('refuses %s', (text, status, sentence) => {
    expect(parseSchedule(text, 'restart', NOW)).toMatchObject({
      ok: false,
      status,
      text: sentence,
    });
  });
});

describe('parseRestartRequest', () => {
  it('without conditions asks for a restart at once', () => {
    expect(parseRestartRequest({}, NOW)).toEqual({ ok: true, request: { onlyIfPending: false } });
  });

  it('takes all filters', () => {
    const body = {
      restart_pending: true,
      role: 'replica',
      postgres_version: '15.4',
      schedule: LATER,
      timeout: '1min',
    };
    expect(parseRestartRequest(body, NOW)).toEqual({
      ok: true,
      request: {
        onlyIfPending: true,
        role: 'replica',
        postgresVersion: '15.4',
        scheduledAt: Date.parse(LATER),
        timeout: 60,
      },
    });
  });

  it('takes restart_pending for set when it is there, as Patroni does', () => {
    expect(parseRestartRequest({ restart_pending: false }, NOW)).toMatchObject({
      request: { onlyIfPending: true },
    });
  });

  const VERSION = 'Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: ';
  it.each([
    [
      { role: 'master' },
      400,
      'PostgreSQL role should be either primary, standby_leader, or replica',
    ],
    [{ postgres_version: 'x.y' }, 400, 'Invalid PostgreSQL version: x.y'],
    [{ postgres_version: '15' }, 400, `${VERSION}15`],
    [{ postgres_version: '9.6' }, 400, `${VERSION}9.6`],
    [{ postgres_version: '9.6.3.1' }, 400, `${VERSION}9.6.3.1`],
    [{ timeout: 0 }, 400, 'Timeout should be a positive number of seconds'],
    [{ timeout: 'soon' }, 400, 'Timeout should be a positive number of seconds'],
    [{ timeout: null }, 400, 'Timeout should be a positive number of seconds'],
    [{ force: true }, 400, 'Unknown filter for the scheduled restart: force'],
    [{ schedule: '2020-01-01T00:00:00Z' }, 422, 'Cannot schedule restart in the past'],
    // The first that is wrong is the answer.
    [{ schedule: '', role: 'x' }, 422, /^Unable to parse/],
    [{ role: 'x', schedule: '' }, 400, /^PostgreSQL role/],
  ])('refuses %j', (body, status, text) => {
    const reading = parseRestartRequest(body, NOW);
    expect(reading).toMatchObject({ ok: false, status });
    expect('text' in reading && reading.text).toMatch(text);
  });

  it.each(['15.4', '9.6.3', '10.0'])('takes version %s', (version) => {
    expect(parseRestartRequest({ postgres_version: version }, NOW).ok).toBe(true);
  });
});

describe('parseTakeoverBody', () => {
  it.each([
    [{}, {}],
    [
      { leader: 'a', candidate: 'b', scheduled_at: 'x' },
      { leader: 'a', candidate: 'b', scheduledAt: 'x' },
    ],
    [
      { leader: 'a', member: 'b' },
      { leader: 'a', candidate: 'b' },
    ],
    [{ leader: '', candidate: null, scheduled_at: '' }, {}],
    [{ leader: 5 }, { leader: '5' }],
  ])('%j', (body, expected) => {
    expect(parseTakeoverBody(body)).toEqual({
      leader: undefined,
      candidate: undefined,
      scheduledAt: undefined,
      ...expected,
    });
  });
});

describe('a failsafe message', () => {
  const BODY = {
    name: 'pg1',
    conn_url: 'postgres://10.0.0.1:5432/postgres',
    api_url: 'http://10.0.0.1:8008/patroni',
    slots: { pg2: 1000, pg3: '900' },
  };
  const MESSAGE = {
    name: 'pg1',
    connUrl: BODY.conn_url,
    apiUrl: BODY.api_url,
    slots: { pg2: 1000, pg3: 900 },
  };

  it('is read as Patroni sends it', () => {
    expect(parseFailsafeMessage(BODY)).toEqual(MESSAGE);
    const { slots: _, ...without } = BODY;
    expect(parseFailsafeMessage(without)).toEqual({ ...MESSAGE, slots: {} });
  });

  it('is written as Patroni sends it, and read again', () => {
    const text = formatFailsafeMessage(MESSAGE);
    expect(text).toBe(
      '{"name":"pg1","conn_url":"postgres://10.0.0.1:5432/postgres",' +
        '"api_url":"http://10.0.0.1:8008/patroni","slots":{"pg2":1000,"pg3":900}}',
    );
    expect(parseFailsafeMessage(JSON.parse(text))).toEqual(MESSAGE);
  });

  it.each([
    ['postgres://10.0.0.1/postgres?options=-c%20x', 'postgres://10.0.0.1:5432/postgres'],
    ['postgres://u:p@10.0.0.1:5433/db?sslkey=/etc/x', 'postgres://10.0.0.1:5433/postgres'],
    ['postgres://[fd00::1]:5432/postgres', 'postgres://[fd00::1]:5432/postgres'],
    ["postgres://a b'c:5432/postgres", undefined],
    ['postgres:///postgres', undefined],
    ['host=10.0.0.1', undefined],
    ['', undefined],
    [5, undefined],
  ])('keeps host and port of %s', (connUrl, expected) => {
    expect(parseFailsafeMessage({ ...BODY, conn_url: connUrl })?.connUrl).toBe(expected);
  });

  it.each([
    { name: '' },
    { name: 5 },
    { api_url: 'file:///etc/passwd' },
    { api_url: 'http://u:p@10.0.0.1:8008/' },
    { api_url: 'x' },
    { api_url: undefined },
  ])('makes no sense with %j', (change) => {
    expect(parseFailsafeMessage({ ...BODY, ...change })).toBeUndefined();
  });

  it('never throws', () => {
    const key = fc.constantFrom('name', 'conn_url', 'api_url', 'slots', '__proto__');
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (body) => {
        parseFailsafeMessage(body);
        parseTakeoverBody(body);
        parseRestartRequest(body, NOW);
      }),
    );
  });
});
