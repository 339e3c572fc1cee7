import { expect, test } from 'vitest';
import { tokenKeeper } from '../../../src/dcs/etcd3/auth.ts';
import { AuthDisabled, type EtcdTransport, StaleToken } from '../../../src/dcs/etcd3/transport.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import { DcsError } from '../../../src/model/errors.ts';

const user = { username: 'pgherd', password: 'secret' };
const { signal } = new AbortController();

/** A server that gives tokens `t1`, `t2`, … or fails with these errors. */
function server(...errors: Error[]) {
  const asked: string[] = [];
  const node = {
    name: 'http://e1:2379',
    authenticate: async (who: typeof user) => {
      asked.push(who.username);
      const error = errors.shift();
      if (error) throw error;
      return `t${asked.length}`;
    },
  } as unknown as EtcdTransport;
  return { node, asked };
}

test('without a user there is no token, and nobody is asked', async () => {
  const { node, asked } = server();
  expect(await tokenKeeper(undefined)(node, signal, async (token) => token)).toBeUndefined();
  expect(asked).toEqual([]);
});

test('one token serves for many calls', async () => {
  const { node, asked } = server();
  const withToken = tokenKeeper(user);
  expect(await withToken(node, signal, async (token) => token)).toBe('t1');
  expect(await withToken(node, signal, async (token) => token)).toBe('t1');
  expect(asked).toEqual(['pgherd']);
});

test('a token that is not accepted any more is renewed once', async () => {
  const { node } = server();
  const withToken = tokenKeeper(user);
  await withToken(node, signal, async (token) => token);
  const tried: (string | undefined)[] = [];
  const answer = await withToken(node, signal, async (token) => {
    tried.push(token);
    if (token === 't1') throw new StaleToken('invalid auth token');
    return token;
  });
  expect(answer).toBe('t2');
  expect(tried).toEqual(['t1', 't2']);
});

test('a server that never accepts a token is an error, not a loop', async () => {
  const { node, asked } = server();
  const call = tokenKeeper(user)(node, signal, async () => {
    throw new StaleToken('invalid auth token');
  });
  await expect(call).rejects.toThrow('etcd does not accept the token that it has just given');
  await expect(call).rejects.toBeInstanceOf(DcsError);
  expect(asked).toHaveLength(2);
});

test('etcd with authentication switched off needs no token', async () => {
  const { node } = server(new AuthDisabled('authentication is not enabled'));
  expect(await tokenKeeper(user)(node, signal, async (token) => token)).toBeUndefined();
});

test('when the token cannot be had, the write behind it has surely not been sent', async () => {
  const { node } = server(new EndpointFailure('it did not answer in time', { maybeApplied: true }));
  const call = tokenKeeper(user)(node, signal, async () => 'written');
  await expect(call).rejects.toMatchObject({ maybeApplied: false });
});
