import { describe, expect, it } from 'vitest';
import { sourceAddress } from '../../../src/model/source-address.ts';

const addressOf = (connUrl: string) => sourceAddress({ name: 'x', connUrl });

describe('sourceAddress', () => {
  it.each([
    ['postgres://10.0.0.1:5433/postgres', '10.0.0.1', 5433],
    ['postgres://PG1.example/postgres', 'pg1.example', 5432],
    ['postgres://[fe80::1]:5433/postgres', 'fe80::1', 5433],
    ['postgres://user:password@pg1:1/postgres', 'pg1', 1],
    ['postgres://a,b:5433/postgres', 'a,b', 5433],
    ['postgresql://pg1', 'pg1', 5432],
    ['postgres://pg1:5432/x?options=-c%20a&passfile=/etc/shadow', 'pg1', 5432],
  ])('%s', (connUrl, host, port) => {
    expect(addressOf(connUrl)).toEqual({ host, port });
  });

  it.each([
    '',
    'pg1:5432',
    'postgres://:5432/postgres',
    'postgres:///postgres',
    'postgres://pg1:0/',
    'postgres://pg1:70000/',
    "postgres://a' password='x:5432/",
    'postgres://a b:5432/',
    'postgres://a\nb:5432/',
    'postgres://a@b@c:5432:6/',
  ])('%j names no host', (connUrl) => {
    expect(addressOf(connUrl)).toBeUndefined();
  });
});
