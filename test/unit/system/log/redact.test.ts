import { describe, expect, it } from 'vitest';
import { redactor } from '../../../../src/system/log/redact.ts';

describe('redactor', () => {
  it.each([
    ['connecting with password=s3cret port=1', 'connecting with password=*** port=1'],
    ["password='a b' x", 'password=*** x'],
    ['{"password": "x\\"y", "a": 1}', '{"password": ***, "a": 1}'],
    ['sslpassword = x', 'sslpassword = ***'],
    ['PGPASSWORD=x', 'PGPASSWORD=***'],
    ['postgres://u:p@h:5432/db', 'postgres://u:***@h:5432/db'],
    ['http://u:p@ss@h/x', 'http://u:***@h/x'],
    ['Authorization: Basic cG9zdGdyZXM6eA==', 'Authorization: Basic ***'],
    ['password authentication failed for user "x"', 'password authentication failed for user "x"'],
    ['http://10.0.0.1:8008/patroni', 'http://10.0.0.1:8008/patroni'],
    ['Basic authentication is off', 'Basic authentication is off'],
  ])('%s', (text, expected) => {
    expect(redactor([])(text)).toBe(expected);
  });

  it('hides values wherever they stand, the longest first, whatever characters they have', () => {
    const hide = redactor(['hunter2', 'hunter22', 'a.b*c']);
    expect(hide('hunter22 xhunter2x a.b*c aXbbc')).toBe('*** x***x *** aXbbc');
  });
});
