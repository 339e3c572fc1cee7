import { expect, it } from 'vitest';
import { formatLsn } from '../../../src/model/lsn.ts';

it.each([
  [0, '0/0'],
  [0x3000060, '0/3000060'],
  [0x16_b374_d848, '16/B374D848'],
  [0xffff_ffff + 1, '1/0'],
])('%d bytes is %s', (lsn, text) => {
  expect(formatLsn(lsn)).toBe(text);
});
