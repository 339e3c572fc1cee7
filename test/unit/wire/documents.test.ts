import { describe, expect, it } from 'vitest';
import { WholeFloat } from '../../../src/model/json.ts';
import { formatConfig, parseConfig } from '../../../src/wire/config.ts';
import { formatFailover, parseFailover } from '../../../src/wire/failover.ts';
import { parseFailsafe } from '../../../src/wire/failsafe.ts';
import { parseHistory } from '../../../src/wire/history.ts';
import { parseMember } from '../../../src/wire/member.ts';
import { lenientInteger } from '../../../src/wire/numbers.ts';
import { parseStatus } from '../../../src/wire/status.ts';
import { parseSync } from '../../../src/wire/sync.ts';
import { isoTime } from '../../../src/wire/time.ts';

function member(text: string) {
  return parseMember('pg1', text, '7').member;
}

describe('member', () => {
  it('reads all that Patroni 4.1 publishes', () => {
    const text = `{"conn_url":"postgres://10.0.0.1:5433/postgres","state":"running",
      "api_url":"http://10.0.0.1:8008/patroni","role":"replica","version":"4.1.5","timeline":3,
      "xlog_location":100,"receive_lsn":99,"replay_lsn":"0x10","replication_state":"streaming",
      "pending_restart":true,"pause":true,"tags":{"nofailover":true,"w":1.0},
      "pending_restart_reason":{"max_connections":{"old_value":"100","new_value":"200"}},
      "scheduled_restart":{"schedule":"2026-01-01T10:00:00+00:00","postgres_version":"15.4"}}`;
    expect(member(text)).toEqual({
      name: 'pg1',
      host: '10.0.0.1',
      port: 5433,
      connUrl: 'postgres://10.0.0.1:5433/postgres',
      apiUrl: 'http://10.0.0.1:8008/patroni',
      state: 'running',
      role: 'replica',
      version: '4.1.5',
      timeline: 3,
      xlogLocation: 100,
      receiveLsn: 99,
      replayLsn: 16,
      replicationState: 'streaming',
      pendingRestart: true,
      pendingRestartReason: { max_connections: { oldValue: '100', newValue: '200' } },
      scheduledRestart: { schedule: '2026-01-01T10:00:00+00:00', postgresVersion: '15.4' },
      tags: { nofailover: true, w: new WholeFloat(1) },
      pause: true,
      documentVersion: '7',
    });
  });

  it('reads the connection URL of very old versions', () => {
    const url = 'postgres://u:p@Host:5433/postgres';
    expect(member(`${url}?application_name=http://host:8008/patroni`)).toMatchObject({
      host: 'host',
      port: 5433,
      connUrl: url,
      apiUrl: 'http://host:8008/patroni',
      state: '',
    });
    expect(member('postgresql://host/postgres')).toMatchObject({ host: 'host', port: 5432 });
  });

  it.each([
    ['postgres://[fe80::1]:5433/x', 'fe80::1', 5433],
    ['postgres://user@na_me/x', 'na_me', 5432],
    ['postgres://a:99999/x', undefined, undefined],
    ['postgres:///x', undefined, undefined],
    ['nonsense', undefined, undefined],
  ])('finds the address in %s', (url, host, port) => {
    const found = member(JSON.stringify({ conn_url: url }));
    expect([found.host, found.port]).toEqual([host, port]);
  });

  it('takes fields of a wrong type as absent', () => {
    const text = `{"conn_url":5,"api_url":[],"state":{},"role":null,"version":4,"timeline":"x",
      "xlog_location":"1 MB","receive_lsn":null,"tags":"x","pending_restart_reason":[1],
      "scheduled_restart":"now","pending_restart":0,"__proto__":{"state":"running"}}`;
    expect(member(text)).toEqual({
      name: 'pg1',
      state: '',
      role: '',
      pendingRestart: false,
      pendingRestartReason: {},
      tags: {},
      pause: false,
      documentVersion: '7',
    });
  });
});

describe('failover', () => {
  const parse = (text: string) => parseFailover(text, '7').failover;

  it('is written in the order of Patroni, without what is not there', () => {
    const scheduledAt = '2026-01-14T10:09:57+00:00';
    expect(formatFailover({ leader: 'pg1', candidate: 'pg2', scheduledAt })).toBe(
      `{"leader":"pg1","member":"pg2","scheduled_at":"${scheduledAt}"}`,
    );
    expect(formatFailover({ leader: '', candidate: 'é' })).toBe('{"member":"\\u00e9"}');
    expect(formatFailover({})).toBe('{}');
  });

  it('reads what it writes', () => {
    const order = { leader: 'a:b', candidate: 'c"', scheduledAt: '2026-01-14T10:09:57+02:00' };
    expect(parse(formatFailover(order))).toEqual({ ...order, version: '7' });
  });

  it('reads the old form', () => {
    expect(parse('pg1: pg2')).toEqual({ leader: 'pg1', candidate: 'pg2', version: '7' });
    expect(parse('pg1')).toEqual({ leader: 'pg1', version: '7' });
  });

  it('does not take a time that is none for "now" in silence', () => {
    const { failover, valid } = parseFailover('{"leader":"a","scheduled_at":"soon"}', '7');
    expect({ failover, valid }).toEqual({ failover: { leader: 'a', version: '7' }, valid: false });
  });
});

describe('isoTime', () => {
  it.each([
    ['2026-01-14T10:09:57.1394Z', '2026-01-14T10:09:57.139400+00:00'],
    ['2026-01-14 10:09:57+0200', '2026-01-14T10:09:57+02:00'],
    ['2026-01-14T10:09:57.000000-03:30', '2026-01-14T10:09:57-03:30'],
    ['2026-01-14T10:09', '2026-01-14T10:09:00'],
    ['2026-13-14T10:09:57Z', undefined],
    ['tomorrow', undefined],
    [5, undefined],
  ])('%s → %s', (given, wanted) => {
    expect(isoTime(given)).toBe(wanted);
  });
});

describe('sync', () => {
  const parse = (text: string) => parseSync(text, '7').sync;

  it('reads names joined by commas, and lists', () => {
    const wanted = { leader: 'pg1', standbys: ['pg2', 'pg3'], quorum: 1, version: '7' };
    expect(parse('{"leader":"pg1","sync_standby":"pg2, ,pg3","quorum":"1"}')).toEqual(wanted);
    expect(parse('{"leader":"pg1","sync_standby":["pg2","pg3",5],"quorum":1}')).toEqual(wanted);
  });

  it('says nothing without a leader', () => {
    expect(parseSync('{"leader":null,"sync_standby":"pg2"}', '7')).toEqual({
      sync: undefined,
      valid: true,
    });
    expect(parseSync('{"leader":5}', '7').valid).toBe(false);
  });
});

describe('status, history and failsafe', () => {
  it('reads the status in all its forms', () => {
    expect(parseStatus('12345')?.lastLsn).toBe(12345);
    expect(parseStatus('{"optime":"12345"}')?.lastLsn).toBe(12345);
    expect(parseStatus('{"optime":"x","slots":[],"retain_slots":5}')).toEqual({
      lastLsn: 0,
      slots: {},
      retainSlots: [],
    });
    const nested = JSON.stringify({
      optime: 5,
      slots: '{"__proto__":7,"b":"x"}',
      retain_slots: '["a"]',
    });
    const status = parseStatus(nested);
    expect(Object.entries(status?.slots ?? {})).toEqual([
      ['__proto__', 7],
      ['b', 0],
    ]);
    expect(status?.retainSlots).toEqual(['a']);
  });

  it('reads history lines as they are', () => {
    expect(parseHistory('[[1,25,"reason"],[2,30,"r","2026","pg1"]]')).toHaveLength(2);
    expect(parseHistory('[1]')).toBeUndefined();
  });

  it('reads the failsafe map, without what is no URL', () => {
    expect(parseFailsafe('{"pg1":"http://a","pg2":5}')).toEqual({ pg1: 'http://a' });
  });
});

describe('config', () => {
  it('is written back as it was', () => {
    const text = '{"ttl":30,"f":10.0,"unknown":{"x":[1,2.5,null,true]},"big":12345678901234567890}';
    expect(formatConfig(parseConfig(text, '7').config.data)).toBe(text);
  });

  it.each([
    ['017', 15],
    ['08', undefined],
    ['0x1F', 31],
    [' -5 ', -5],
    ['1.5', 2],
    ['2.5', 2],
    [0.5, 0],
    ['5 MB', undefined],
    [true, undefined],
    [null, undefined],
    [Number.NaN, undefined],
  ])('reads the integer %s as %s', (given, wanted) => {
    expect(lenientInteger(given)).toBe(wanted);
  });
});
