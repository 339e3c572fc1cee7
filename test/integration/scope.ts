/** True in `make test-all`: everything, in every mode, as often as it takes. */
const EVERYTHING = process.env.PGHERD_TESTS === 'all';

/**
 * All of them in `make test-all`. In `make test` each is chosen once: in one of the two modes, which
 * take turns.
 */
export function chosen<T>(mode: 'off' | 'on' | string, all: readonly T[]): readonly T[] {
  if (EVERYTHING) return all;
  return all.filter((_, index) => (index % 2 === 0) === (mode === 'off'));
}
