import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/model/json.ts';
import { lineFormat } from '../../../../src/system/log/line-format.ts';
import type { LogRecord } from '../../../../src/system/log/record.ts';
import { strftime } from '../../../../src/system/log/strftime.ts';

const TIME = new Date(2026, 10, 5, 7, 8, 9, 45).getTime();
const RECORD: LogRecord = {
  ...{ level: 'INFO', logger: 'pgherd.agent', message: 'no action. I am (pg1)', time: TIME },
};

function line(options: object, record: Partial<LogRecord> = {}): string {
  const all = {
    type: 'plain',
    format: undefined,
    dateformat: undefined,
    staticFields: {},
  } as const;
  return lineFormat({ ...all, ...options })({ ...RECORD, ...record });
}

describe('plain lines', () => {
  it('are Patroni’s unless something else is asked for', () => {
    expect(line({})).toBe('2026-11-05 07:08:09,045 INFO: no action. I am (pg1)');
  });

  it.each<[string, string]>([
    ['%(levelname)-8s|%(name)s|%(message).4s', 'INFO    |pgherd.agent|no a'],
    ['%(levelno)05d %(msecs)03d %%', '00020 045 %'],
    ['%(levelname)8s', '    INFO'],
    ['%(created).1f', (TIME / 1000).toFixed(1)],
    ['%(process)d', String(process.pid)],
    ['%(nonsense)s %(levelname)q', '%(nonsense)s %(levelname)q'],
    [
      '%(threadName)s %(processName)s %(module)s %(lineno)d',
      'MainThread MainProcess pgherd.agent 0',
    ],
  ])('with the format %s', (format, expected) => {
    expect(line({ format })).toBe(expected);
  });

  it('have the date in a format of its own', () => {
    expect(line({ dateformat: '%d.%m.%y %H:%M' })).toBe(
      '05.11.26 07:08 INFO: no action. I am (pg1)',
    );
  });

  it('cannot be forged by what comes from outside', () => {
    const message = 'name\n2026-11-05 07:08:09,045 INFO: promoted\u001b[2J';
    expect(line({ format: '%(message)s' }, { message })).toBe(
      'name\\n2026-11-05 07:08:09,045 INFO: promoted\\x1b[2J',
    );
  });

  it('have the stack trace of an error below them', () => {
    const stack = 'Error: x\n    at f (file.ts:1:2)';
    expect(line({ format: '%(message)s' }, { stack })).toBe(`no action. I am (pg1)\n${stack}`);
  });

  it('are not made from a list of fields', () => {
    expect(line({ format: ['message'] })).toMatch(/^2026-11-05 07:08:09,045 INFO: no action/);
  });
});

describe('JSON lines', () => {
  // As python-json-logger 2 writes them with Patroni's options.
  it.each<[string | Json[] | undefined, string]>([
    [
      undefined,
      '{"asctime": "2026-11-05 07:08:09,045", "levelname": "INFO", "message": "no action. I am (pg1)"}',
    ],
    ['%(levelname)s %(message)s', '{"levelname": "INFO", "message": "no action. I am (pg1)"}'],
    [
      ['message', { levelname: 'level', x: 'y' }, 'levelno'],
      '{"message": "no action. I am (pg1)", "level": "INFO", "y": null, "levelno": 20}',
    ],
  ])('with the format %j', (format, expected) => {
    expect(line({ type: 'json', format })).toBe(expected);
  });

  it('have the static fields, and errors, and are one line', () => {
    const options = { type: 'json', format: ['message'], staticFields: { app: 'pg', n: 1 } };
    expect(line(options, { message: 'a\nb', stack: 'Error: ü' })).toBe(
      '{"message": "a\\nb", "exc_info": "Error: \\u00fc", "app": "pg", "n": 1}',
    );
  });
});

describe('strftime', () => {
  const afternoon = new Date(2026, 1, 3, 14, 5, 6);
  it.each([
    ['%Y-%m-%dT%H:%M:%S', '2026-02-03T14:05:06'],
    ['%F %T', '2026-02-03 14:05:06'],
    ['%a %A %b %B %e %j', 'Tue Tuesday Feb February  3 034'],
    ['%I:%M %p', '02:05 PM'],
    ['%c', 'Tue Feb  3 14:05:06 2026'],
    ['%y %w %u %D %R', '26 2 2 02/03/26 14:05'],
    ['%% %q', '% %q'],
    ['%s', String(afternoon.getTime() / 1000)],
  ])('%s', (format, expected) => {
    expect(strftime(format, afternoon)).toBe(expected);
  });

  it('knows the time zone', () => {
    expect(strftime('%z', afternoon)).toMatch(/^[+-]\d{4}$/);
    expect(strftime('%Z', afternoon)).not.toBe('');
  });
});
