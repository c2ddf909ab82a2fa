/** Chance for simulations: the same seed gives the same run on every machine. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Around `median`, never below zero, with a tail to the right as real jobs have. */
  around(median: number, spread: number): number;
  whole(from: number, to: number): number;
}

/** Mulberry32 by Tommy Ettinger (public domain): small, fast, and good enough to shuffle faults. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    chance: (probability) => probability > 0 && next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)] as never,
    around(median, spread) {
      // Box and Muller's normal deviate, made log-normal.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp(spread * normal);
    },
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
  };
}
