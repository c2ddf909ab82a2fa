/**
 * Whether one sample lies above another: the rank test of Mann and Whitney (On a test of whether one
 * of two random variables is stochastically larger than the other, 1947). It asks nothing about the
 * shape of what is measured, which suits latencies and error rates.
 *
 * Small samples without ties are judged by the exact distribution of U; others by the normal
 * approximation with the variance corrected for ties and half a step for continuity.
 */
export type Alternative = "greater" | "less" | "either";

export interface RankTest {
  /** Pairs in which the first sample is above the second; ties count half. */
  readonly u: number;
  /** How often chance alone would give such a U or a more extreme one (0–1). */
  readonly p: number;
  readonly method: "exact" | "normal";
}

/** Below this many values a side, and without ties, the exact distribution is counted out. */
const EXACT_BELOW = 50;

export function mannWhitney(
  first: readonly number[],
  second: readonly number[],
  alternative: Alternative,
): RankTest {
  const ranked = rank(first, second);
  const [n, m] = [first.length, second.length];
  const u = ranked.rankSum - (n * (n + 1)) / 2;
  const isExact = ranked.tieSum === 0 && n < EXACT_BELOW && m < EXACT_BELOW;
  const tail = isExact ? exactTails(n, m) : normalTails(n, m, ranked.tieSum);
  const [above, below] = [tail(u), tail(n * m - u)];
  const p = { greater: above, less: below, either: Math.min(1, 2 * Math.min(above, below)) };
  return { u, p: p[alternative], method: isExact ? "exact" : "normal" };
}

/** How often a value of the first is above one of the second, ties counted half (0–1). */
export function commonLanguageEffect(u: number, n: number, m: number): number {
  return u / (n * m);
}

/** The ranks of the first sample, equal values sharing their mean rank; Σ(t³ − t) over the ties. */
function rank(
  first: readonly number[],
  second: readonly number[],
): { readonly rankSum: number; readonly tieSum: number } {
  const all = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let tieSum = 0;
  for (let from = 0; from < all.length; ) {
    let to = from + 1;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const meanRank = (from + 1 + to) / 2;
    const firsts = all.slice(from, to).filter((one) => one.isFirst).length;
    rankSum += firsts * meanRank;
    const tied = to - from;
    tieSum += tied ** 3 - tied;
    from = to;
  }
  return { rankSum, tieSum };
}

type Tail = (u: number) => number;

/** P(U ≥ u) when each order of the n + m values is equally likely. */
function exactTails(n: number, m: number): Tail {
  const chances = chancesOfU(n, m);
  return (u) =>
    Math.min(
      1,
      chances.slice(u).reduce((sum, chance) => sum + chance, 0),
    );
}

/**
 * The chance of each U, from 0 to n·m, as the generating function Π (1 − q^(m+i)) / (1 − q^i) over
 * i = 1…n (the Gaussian binomial), kept a probability at each factor so that nothing overflows.
 */
function chancesOfU(n: number, m: number): number[] {
  const most = n * m;
  const chances = new Array<number>(most + 1).fill(0);
  chances[0] = 1;
  for (let i = 1; i <= n; i += 1) {
    for (let u = most; u >= m + i; u -= 1) chances[u] = at(chances, u) - at(chances, u - m - i);
    for (let u = i; u <= most; u += 1) chances[u] = at(chances, u) + at(chances, u - i);
    for (let u = 0; u <= most; u += 1) chances[u] = (at(chances, u) * i) / (m + i);
  }
  return chances;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}

function normalTails(n: number, m: number, tieSum: number): Tail {
  const count = n + m;
  const variance = ((n * m) / 12) * (count + 1 - tieSum / (count * (count - 1)));
  // All values are the same: nothing speaks for a difference.
  if (variance <= 0) return () => 1;
  return (u) => upperTail((u - (n * m) / 2 - 0.5) / Math.sqrt(variance));
}

/** P(Z ≥ z) of the standard normal distribution, to some 1e-15. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const x = z / Math.SQRT2;
  return x < 2 ? 0.5 * (1 - erfBySeries(x)) : 0.5 * erfcByFraction(x);
}

/** Abramowitz and Stegun 7.1.6: all terms are positive, so nothing cancels. */
function erfBySeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; term > sum * 1e-17; k += 1) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const FRACTION_TERMS = 60;

/** The continued fraction of Abramowitz and Stegun 7.1.14, from its end. */
function erfcByFraction(x: number): number {
  let fraction = x;
  for (let k = FRACTION_TERMS; k >= 1; k -= 1) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
