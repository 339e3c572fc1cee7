import { expect, test } from 'vitest';
import { unknownServers } from '../../../src/dcs/discover.ts';

const hosts = (
  advertised: readonly string[],
  known: readonly string[] = ['http://10.0.0.1:2379'],
  protocol: 'http' | 'https' = 'http',
) => unknownServers(advertised, known, protocol).map(({ host }) => host);

test('servers that are known are not added again', () => {
  expect(hosts(['http://10.0.0.1:2379', 'http://10.0.0.1:2379/'])).toEqual([]);
});

test('others are added, once', () => {
  const advertised = ['http://10.0.0.2:2379', 'http://10.0.0.2:2379', 'http://[fe80::1]:2379/'];
  expect(hosts(advertised)).toEqual(['10.0.0.2:2379', '[fe80::1]:2379']);
});

test('an address of another machine itself is none of ours', () => {
  const local = ['http://localhost:2379', 'http://127.0.0.1:2379', 'http://[::1]:2379'];
  expect(hosts(local)).toEqual([]);
  expect(hosts(local, ['http://127.0.0.1:2379'])).toEqual(['localhost:2379', '[::1]:2379']);
  expect(hosts(['http://localhost.example:2379'])).toEqual(['localhost.example:2379']);
});

test('a server is asked as the others are: with TLS, or without', () => {
  const advertised = ['https://10.0.0.2:2379', 'http://10.0.0.3:2379', 'unix:///x', 'junk'];
  expect(hosts(advertised)).toEqual(['10.0.0.3:2379']);
  expect(hosts(advertised, ['https://10.0.0.1:2379'], 'https')).toEqual(['10.0.0.2:2379']);
});
