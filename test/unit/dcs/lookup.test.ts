import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { rememberingLookup } from '../../../src/dcs/lookup.ts';

type Lookup = ReturnType<typeof rememberingLookup>;
type Answer = { address: string | LookupAddress[]; family: number | undefined };

function ask(lookup: Lookup, host: string, options = {}): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, options, (error, address) => (error ? reject(error) : resolve(address)));
  });
}

/** Name servers that do what is set. */
function setUp(patienceMs = 20) {
  const state: { answer: () => Promise<Answer>; asked: string[] } = {
    answer: async () => ({ address: '10.0.0.1', family: 4 }),
    asked: [],
  };
  const lookup = rememberingLookup((host) => {
    state.asked.push(host);
    return state.answer();
  }, patienceMs);
  return { state, lookup };
}

const silence = () => new Promise<Answer>(() => {});

describe('names', () => {
  test('are asked for anew each time', async () => {
    const { state, lookup } = setUp();
    expect(await ask(lookup, 'etcd1')).toBe('10.0.0.1');
    state.answer = async () => ({ address: '10.0.0.2', family: 4 });
    expect(await ask(lookup, 'etcd1')).toBe('10.0.0.2');
    expect(state.asked).toEqual(['etcd1', 'etcd1']);
  });

  test('keep their last address while the name server fails, or is silent', async () => {
    const { state, lookup } = setUp();
    await ask(lookup, 'etcd1');
    state.answer = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await ask(lookup, 'etcd1')).toBe('10.0.0.1');
    await expect(ask(lookup, 'etcd2')).rejects.toThrow('ENOTFOUND');
    state.answer = silence;
    expect(await ask(lookup, 'etcd1')).toBe('10.0.0.1');
  });

  test('are asked for only once at a time', async () => {
    const { state, lookup } = setUp();
    await ask(lookup, 'etcd1');
    state.answer = silence;
    await Promise.all(Array.from({ length: 5 }, () => ask(lookup, 'etcd1')));
    expect(state.asked).toHaveLength(2);
  });

  test('of one address and of all addresses are kept apart', async () => {
    const { state, lookup } = setUp();
    await ask(lookup, 'etcd1');
    const all = [{ address: '10.0.0.1', family: 4 }];
    state.answer = async () => ({ address: all, family: undefined });
    expect(await ask(lookup, 'etcd1', { all: true })).toEqual(all);
  });

  test('are looked up by the system', async () => {
    const address = await ask(rememberingLookup(), 'localhost', { all: true });
    expect(address).toContainEqual(expect.objectContaining({ family: expect.any(Number) }));
  });
});
