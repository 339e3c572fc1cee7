import { afterEach, describe, expect, it, vi } from 'vitest';
import { Addresses } from '../../../src/rest/addresses.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A name server in the hands of the test. */
class Names {
  now = 0;
  readonly asked: string[] = [];
  answer: (host: string) => Promise<readonly string[]> = async () => ['10.0.0.1'];
  readonly addresses = new Addresses(
    (host) => {
      this.asked.push(host);
      return this.answer(host);
    },
    () => this.now,
  );
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Addresses', () => {
  it('of an address are itself', async () => {
    const { addresses, asked } = new Names();
    expect(await addresses.of('10.0.0.7')).toEqual(['10.0.0.7']);
    expect(await addresses.of('fd00::7')).toEqual(['fd00::7']);
    expect(asked).toEqual([]);
  });

  it('are remembered for half a minute, and then looked up beside', async () => {
    const names = new Names();
    expect(await names.addresses.of('pg1')).toEqual(['10.0.0.1']);
    names.answer = async () => ['10.0.0.2'];
    names.now = 30_000;
    expect(await names.addresses.of('pg1')).toEqual(['10.0.0.1']);
    expect(names.asked).toHaveLength(1);
    names.now = 30_001;
    expect(await names.addresses.of('pg1')).toEqual(['10.0.0.1']);
    await settle();
    expect(await names.addresses.of('pg1')).toEqual(['10.0.0.2']);
    expect(names.asked).toHaveLength(2);
  });

  it('stay what they were while the name server is away', async () => {
    const names = new Names();
    await names.addresses.of('pg1');
    names.answer = async () => {
      throw new Error('EAI_AGAIN');
    };
    names.now = 60_000;
    expect(await names.addresses.of('pg1')).toEqual(['10.0.0.1']);
    await settle();
    expect(await names.addresses.of('pg1')).toEqual(['10.0.0.1']);
    expect(await names.addresses.of('pg9')).toEqual([]);
  });

  it('are not waited for longer than two seconds', async () => {
    vi.useFakeTimers();
    const names = new Names();
    names.answer = () => new Promise(() => {});
    const found = names.addresses.of('pg1');
    await vi.advanceTimersByTimeAsync(2000);
    expect(await found).toEqual([]);
  });

  it('two lookups that hang keep others from beginning: threads are few', async () => {
    vi.useFakeTimers();
    const names = new Names();
    let end: (found: readonly string[]) => void = () => {};
    names.answer = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    const found = ['a', 'b', 'c', 'a'].map((host) => names.addresses.of(host));
    expect(names.asked).toEqual(['a', 'b']);
    end(['10.0.0.2']);
    await vi.advanceTimersByTimeAsync(0);
    expect(names.asked).toEqual(['a', 'b', 'c']);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await Promise.all(found)).toEqual([[], ['10.0.0.2'], [], []]);
  });

  it('of very many names only the last thousand are kept', async () => {
    const names = new Names();
    for (let count = 0; count < 1001; count += 1) await names.addresses.of(`pg${count}`);
    await names.addresses.of('pg1000');
    expect(names.asked).toHaveLength(1001);
    await names.addresses.of('pg0');
    expect(names.asked).toHaveLength(1002);
  });
});
