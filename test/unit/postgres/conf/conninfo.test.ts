import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatConninfo, parseConninfo } from '../../../../src/postgres/conf/conninfo.ts';

describe('formatConninfo', () => {
  it('writes what this version knows, in a fixed order, and never a password', () => {
    const params = {
      port: 5432,
      host: '10.0.0.1',
      user: 'replicator',
      password: 'secret',
      channel_binding: 'prefer',
      sslnegotiation: 'direct',
      options: '-c evil=1',
    };
    expect(formatConninfo(params, 12)).toBe('user=replicator host=10.0.0.1 port=5432');
    expect(formatConninfo(params, 16)).toBe(
      'user=replicator host=10.0.0.1 port=5432 channel_binding=prefer',
    );
    expect(formatConninfo(params, 17)).toContain('sslnegotiation=direct');
  });

  it('quotes what needs it', () => {
    expect(formatConninfo({ user: "o'b r\\", host: '' }, 15)).toBe(
      String.raw`user='o\'b r\\' host=''`,
    );
  });

  it('is read back as it was', () => {
    const params = fc.record(
      { user: fc.string({ unit: 'binary' }), host: fc.string(), application_name: fc.string() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(params, (given) => {
        const parsed = parseConninfo(formatConninfo(given, 15));
        expect(Object.fromEntries(parsed ?? [])).toEqual(given);
      }),
    );
  });
});

describe('parseConninfo', () => {
  it('reads what people write', () => {
    const text = String.raw`  host = 'a b' port=5433 dbname=db\ name user='' `;
    expect(Object.fromEntries(parseConninfo(text) ?? [])).toEqual({
      host: 'a b',
      port: '5433',
      dbname: 'db name',
      user: '',
    });
  });

  it.each(['host', "host='a", 'host=a b', '=a', "host='a'b"])('%j is none', (text) => {
    expect(parseConninfo(text)).toBeUndefined();
  });

  it('an empty text says nothing', () => {
    expect(parseConninfo('')?.size).toBe(0);
  });
});
