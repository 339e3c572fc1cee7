import { describe, expect, test } from 'vitest';
import { parseListenAddress } from '../../../src/demo/listen-address.ts';
import { Refusal } from '../../../src/model/errors.ts';

describe('an address to listen on', () => {
  test.each([
    ['127.0.0.1:2379', { host: '127.0.0.1', port: 2379 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:2379', { host: '::1', port: 2379 }],
    ['127.8.0.1:1', { host: '127.8.0.1', port: 1 }],
  ])('%s', (text, expected) => {
    expect(parseListenAddress(text, false)).toEqual(expected);
  });

  test.each(['0.0.0.0:2379', '10.0.0.1:2379', '[::]:2379', 'db1:2379', '127.0.0.1.evil:1'])(
    '%s needs a word',
    (text) => {
      expect(() => parseListenAddress(text, false)).toThrow(/Other hosts could reach/);
      expect(parseListenAddress(text, true).port).toBeGreaterThan(0);
    },
  );

  test.each(['', '2379', ':2379', '127.0.0.1', '127.0.0.1:', '127.0.0.1:70000', '::1:2379'])(
    '"%s" is none',
    (text) => {
      expect(() => parseListenAddress(text, true)).toThrow(Refusal);
    },
  );
});
