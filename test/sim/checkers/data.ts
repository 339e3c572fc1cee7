import type { Checker, Sight } from './checker.ts';

/** No data directory is removed; one is put aside only to make room for a clone. */
export function data(sight: Sight): Checker {
  const judge = (): string | undefined => {
    for (const host of sight.hosts) {
      const [loss] = host.dataLosses();
      if (loss !== undefined) return `${host.name}: ${loss}`;
    }
    return undefined;
  };
  return { name: 'data', rise: judge, recovered: judge, atEnd: judge };
}
