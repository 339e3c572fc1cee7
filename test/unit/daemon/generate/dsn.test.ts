import { describe, expect, it } from 'vitest';
import { parseDsn } from '../../../../src/daemon/generate/dsn.ts';

describe('parseDsn', () => {
  it.each<[string, object | undefined]>([
    ['host=localhost port=5433', { host: 'localhost', port: '5433' }],
    [
      " host = 'a b'  user=x\\ y password='it\\'s' ",
      { host: 'a b', user: 'x y', password: "it's" },
    ],
    ["dbname=''", { dbname: '' }],
    [
      'postgres://u:p@h:5433/db',
      { user: 'u', password: 'p', host: 'h', port: '5433', dbname: 'db' },
    ],
    ['postgresql://h', { host: 'h' }],
    ['postgresql://', {}],
    ['postgresql:///db?host=/run', { dbname: 'db', host: '/run' }],
    ['postgresql://[::1]:5432/', { host: '::1', port: '5432' }],
    ['postgresql://a:1,b:2/db', { host: 'a,b', port: '1,2', dbname: 'db' }],
    [
      'postgresql://u%40x:p%3A@h?sslmode=require',
      { user: 'u@x', password: 'p:', host: 'h', sslmode: 'require' },
    ],
    ['postgresql://%zz@h', undefined],
    ['host', undefined],
    ['host=', undefined],
    ["host='open", undefined],
    ["host=a foo='", undefined],
    ['', undefined],
    ['Host=a', undefined],
  ])('%s', (text, expected) => {
    expect(parseDsn(text)).toEqual(expected);
  });
});
