import type { Checker } from './checker.ts';

/**
 * The claim to bootstrap has one holder until it goes away, and nobody claims a cluster that is
 * there (S9).
 */
export function claim(): Checker {
  let before: { readonly value: string; readonly by: string } | undefined;
  return {
    name: 'claim',
    written({ name, value, by }) {
      if (name !== 'initialize') return undefined;
      const held = before;
      before = value === undefined ? undefined : { value, by };
      if (held === undefined || value !== '' || by === 'store') return undefined;
      const what = held.value === '' ? `of ${held.by}` : `on the cluster ${held.value}`;
      return `${by} wrote its claim over that ${what}`;
    },
  };
}
