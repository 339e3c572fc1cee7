import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slotNameOf } from '../../../../src/ha/slots/names.ts';

// What slot_name_from_member_name of Patroni 4.1.5 makes of these names.
it.each([
  ['pg1', 'pg1'],
  ['PG-1.example', 'pg_1_example'],
  ['a b', 'au0032b'],
  ['é', 'u0233'],
  ['🐘', 'u128024'],
  ['x'.repeat(70), 'x'.repeat(63)],
])('%s → %s', (member, slot) => {
  expect(slotNameOf(member)).toBe(slot);
});

it('is always a name that PostgreSQL takes', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (member) => {
      expect(slotNameOf(member)).toMatch(/^[a-z0-9_]{1,63}$/);
    }),
  );
});
