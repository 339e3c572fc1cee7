/**
 * Chance that can be had again: the same seed gives the same numbers (sfc32, seeded by splitmix32).
 */
export class Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#seed = seed | 0;
    const spread = splitmix(this.#seed);
    this.#a = spread();
    this.#b = spread();
    this.#c = spread();
    for (let i = 0; i < 12; i += 1) this.next();
  }

  /** At least 0 and less than 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  }

  /** A whole number, at least `min` and at most `max`. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.int(0, list.length - 1)] as T;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /**
   * An independent stream for one purpose. It depends on seed and label alone, not on what was drawn
   * before, so that one part drawing more does not change the fate of another.
   */
  fork(label: string): Random {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let i = 0; i < label.length; i += 1) {
      hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    }
    return new Random(splitmix(hash)());
  }
}

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
