/**
 * Versions as real archives hold them and as nobody would write them, from a seed: the same for tests
 * and benchmarks. Half of the pairs share most of their text, for unrelated ones hardly ever reach the
 * fine rules.
 */
export type MadeScheme = "deb" | "rpm";

export interface Chance {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** A linear congruential generator: the numbers need to be repeatable, not good. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  return { below, pick: (from) => from[below(from.length)] ?? from[0] };
}

const numbers = ["0", "1", "2", "7", "10", "007", "00", "20230311", "4294967296"] as const;
const glue = {
  deb: [".", ".", ".", "+", "~", "~rc", "a", "b", "+dfsg", "+really", "~beta", "-", "A", ":"],
  rpm: [".", ".", ".", "+", "~", "^", "_", "a", "b", "rc", "~rc", "^git", ".el9_", "-", "P", "%"],
} as const;
const tails = {
  deb: ["", "", "+b1", "+b12", "~deb12u1", "~bpo12+1", "-0", "-1", "-1ubuntu0.1", "~", "a"],
  rpm: ["", "", "-1", "-1.el9", "-1.el9_4", "-2.fc40", "~", "^", ".", "-0", "a", "^20240101"],
} as const;
const epochs = ["", "", "", "", "0:", "1:", "2:", "01:"] as const;

export function madeVersion(scheme: MadeScheme, { below, pick }: Chance): string {
  let text = pick(numbers) as string;
  for (let more = below(4); more > 0; more--) text += pick(glue[scheme]) + pick(numbers);
  // A colon in the version is allowed behind an epoch only.
  const epoch = text.includes(":") ? "1:" : pick(epochs);
  return epoch + text + pick(tails[scheme]);
}

export function madePair(scheme: MadeScheme, from: Chance): readonly [string, string] {
  const left = madeVersion(scheme, from);
  if (from.below(2) === 0) return [left, madeVersion(scheme, from)];
  const at = 1 + from.below(left.length);
  const right = left.slice(0, at) + from.pick(tails[scheme]) + left.slice(at);
  return [left, right];
}
