/** Numbers that look random and come again with the same seed (mulberry32). */
export interface Seeded {
  readonly seed: number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  shuffled<T>(items: readonly T[]): T[];
}

/** The seed of this run: `FETTLE_TEST_SEED`, so that a failing run can be made again. */
export function seeded(): Seeded {
  const given = process.env["FETTLE_TEST_SEED"];
  const seed = given === undefined ? Date.now() % 1_000_000_000 : Number(given);
  let state = seed;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    seed,
    below,
    shuffled<T>(items: readonly T[]): T[] {
      const left = [...items];
      return items.map(() => left.splice(below(left.length), 1)[0] as T);
    },
  };
}
