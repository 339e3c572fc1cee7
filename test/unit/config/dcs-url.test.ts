import { describe, expect, it } from 'vitest';
import { parseDcsUrl } from '../../../src/config/dcs-url.ts';
import { Refusal } from '../../../src/model/errors.ts';

describe('parseDcsUrl', () => {
  it.each([
    ['//', 'etcd', 'localhost:2379', undefined],
    ['localhost', 'etcd', 'localhost:2379', undefined],
    ['etcd://:2399', 'etcd', 'localhost:2399', undefined],
    ['etcd://test', 'etcd', 'test:2379', undefined],
    ['etcd3://random.com:2399/customnamespace', 'etcd3', 'random.com:2399', '/customnamespace'],
    ['ETCD3://Random.COM', 'etcd3', 'random.com:2379', undefined],
    ['etcd3://h/', 'etcd3', 'h:2379', undefined],
    ['etcd3://h/a/b/', 'etcd3', 'h:2379', '/a/b/'],
    ['etcd3://[::1]:2380', 'etcd3', '[::1]:2380', undefined],
    ['h:2379', 'etcd', 'h:2379', undefined],
    ['h:2181', 'zookeeper', 'h:2181', undefined],
    ['h:8181', 'exhibitor', 'h:8181', undefined],
    ['h:8500/ns', 'consul', 'h:8500', '/ns'],
    ['h:9999', 'etcd', 'h:9999', undefined],
    ['consul://h', 'consul', 'h:8500', undefined],
    ['zookeeper://h', 'zookeeper', 'h:2181', undefined],
  ])('%s', (url, section, host, namespace) => {
    expect(parseDcsUrl(url)).toEqual({
      section,
      values: { host },
      ...(namespace === undefined ? {} : { namespace }),
    });
  });

  it('takes user and password for etcd', () => {
    expect(parseDcsUrl('etcd3://me:p%40ss:x@h:1')).toEqual({
      section: 'etcd3',
      values: { host: 'h:1', username: 'me', password: 'p@ss:x' },
    });
  });

  it.each([
    ['kubernetes://h', 'the scheme kubernetes is unknown'],
    ['etcd3+https://h', 'the scheme etcd3+https is unknown'],
    ['etcd://h:x', '"x" is no port number'],
    ['etcd://h:99999', '"99999" is no port number'],
    ['etcd://a:1,b:2', '"1,b:2" is no port number'],
    ['etcd://a,b', 'it must name one host'],
    ['etcd://a b', 'it must name one host'],
    ['consul://u:p@h', 'only be given for etcd and etcd3'],
    ['etcd3://u:%zz@h', 'a % that is no escape'],
  ])('%s is refused as wrong usage', (url, why) => {
    const parse = (): unknown => parseDcsUrl(url);
    expect(parse).toThrow(Refusal);
    expect(parse).toThrow(why);
    expect(parse).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it('does not show a password', () => {
    expect(() => parseDcsUrl('consul://u:secret@h')).toThrow(/"consul:\/\/\*\*\*@h"/);
  });
});
