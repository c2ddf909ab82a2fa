/**
 * Failures that cluster where hosts share something (the same body of steps, hence the same package
 * set; the system, the zone, the site, the service) stop a wave even when its total looks fine:
 * Fisher's exact test, one-sided, of each against the other hosts of the wave.
 */
export interface Stratum {
  /** In what way it is shared; every host is in at most one stratum of a kind. */
  readonly kind: string;
  /** What its hosts share, in words. */
  readonly name: string;
  readonly ended: number;
  readonly failed: number;
}

/** A cluster is believed when chance would make it less often than this; one failure is never one. */
const CHANCE_MAX = 0.01;
export const FAILURES_MIN = 2;

export function correlatedStratum(strata: readonly Stratum[]): Stratum | null {
  const suspects = [...Map.groupBy(strata, (s) => s.kind).values()].flatMap(suspectsOf);
  // Testing several strata finds something by chance more often: Bonferroni's correction.
  const chanceMax = CHANCE_MAX / Math.max(1, suspects.length);
  const worst = suspects.sort((a, b) => a.chance - b.chance)[0];
  return worst !== undefined && worst.chance < chanceMax ? worst.stratum : null;
}

/** Of one kind: hosts that share nothing of it are in none, and then the others are compared. */
function suspectsOf(strata: readonly Stratum[]) {
  const ended = sum(strata.map((s) => s.ended));
  const failed = sum(strata.map((s) => s.failed));
  return strata
    .filter((s) => s.failed >= FAILURES_MIN && s.ended < ended)
    .map((stratum) => ({ stratum, chance: chanceOf(stratum, ended, failed) }));
}

/** P(at least this many of the failures fall into the stratum), hypergeometric. */
export function chanceOf(stratum: Stratum, ended: number, failed: number): number {
  let chance = 0;
  for (let k = stratum.failed; k <= Math.min(stratum.ended, failed); k += 1) {
    const log =
      logChoose(stratum.ended, k) +
      logChoose(ended - stratum.ended, failed - k) -
      logChoose(ended, failed);
    chance += Math.exp(log);
  }
  return Math.min(1, chance);
}

function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  let log = 0;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) log += Math.log((n - i + 1) / i);
  return log;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
