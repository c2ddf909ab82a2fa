/**
 * Whether the failures of a rollout are those of any day, or those of a bad patch: Wald's sequential
 * probability ratio test (A. Wald, Sequential Analysis, 1947). It may be asked after every host and
 * stops after the fewest failures that prove the patch bad.
 *
 * The test stops when the hosts seen so far are (1 − beta) / alpha times likelier under the bad rate
 * than under the baseline. By Ville's inequality a patch that fails at the baseline ever gets there
 * with a probability of at most alpha / (1 − beta), however often and at whichever moments it is asked.
 */
export interface FailureTest {
  /** Share (0–1) of hosts on which a good patch fails: what this fleet is used to. */
  readonly baseline: number;
  /** Share (0–1) that nobody would accept. */
  readonly bad: number;
  /** How often a good patch may be stopped, and a bad one may be missed where hosts suffice. */
  readonly alpha: number;
  readonly beta: number;
}

/** When a wave stops: after more failures than allowed, or by the test; the sooner of the two. */
export interface StopRule {
  readonly failedMax: number;
  readonly failures: FailureTest | null;
}

/** The logarithm of how much likelier the bad rate is than the baseline, after these hosts. */
export function suspicion(
  test: FailureTest,
  seen: { readonly failed: number; readonly well: number },
): number {
  const perFailure = Math.log(test.bad / test.baseline);
  const perSuccess = Math.log((1 - test.bad) / (1 - test.baseline));
  return seen.failed * perFailure + seen.well * perSuccess;
}

/** The suspicion from which on the test stops. */
export function stopsAt(test: FailureTest): number {
  return Math.log((1 - test.beta) / test.alpha);
}

/** By how much the odds must stand against the patch, such as 95 to 1. */
export function stopOdds(test: FailureTest): number {
  return (1 - test.beta) / test.alpha;
}

/** More hosts find smaller rates; beyond this many the answer changes by less than is shown. */
const TESTED_HOSTS_MAX = 2_000;
const CERTAINTY = 0.95;
const HALVINGS = 40;

/**
 * The smallest failure rate (0–1) at which a wave of this size is stopped with 95 % probability. Ten
 * canaries of which none may fail only rule out that a patch breaks more than a quarter of the fleet.
 * 1 when not even a patch that breaks every host would be stopped with that certainty.
 */
export function detectableFailureRate(hosts: number, rule: StopRule): number {
  if (hosts < 1 || chanceToStop(hosts, 1, rule) < CERTAINTY) return 1;
  let low = 0;
  let high = 1;
  for (let n = 0; n < HALVINGS; n += 1) {
    const middle = (low + high) / 2;
    if (chanceToStop(hosts, middle, rule) < CERTAINTY) low = middle;
    else high = middle;
  }
  return high;
}

/** How probably a patch that fails on this share of hosts is stopped within so many of them. */
export function chanceToStop(hosts: number, rate: number, rule: StopRule): number {
  return rule.failures === null
    ? binomialAbove(hosts, rate, rule.failedMax)
    : chanceToCross(Math.min(hosts, TESTED_HOSTS_MAX), rate, { ...rule, failures: rule.failures });
}

/** P(more than `most` of `count` fail), each with probability `rate`; exact, in logarithms. */
export function binomialAbove(count: number, rate: number, most: number): number {
  if (most >= count) return 0;
  if (rate <= 0) return 0;
  if (rate >= 1) return 1;
  const step = Math.log(rate) - Math.log1p(-rate);
  let logChance = count * Math.log1p(-rate);
  let atMost = Math.exp(logChance);
  for (let k = 1; k <= most; k += 1) {
    logChance += Math.log((count - k + 1) / k) + step;
    atMost += Math.exp(logChance);
  }
  return Math.max(0, 1 - atMost);
}

/** Walks host by host through all numbers of failures at which the test still goes on. */
function chanceToCross(
  hosts: number,
  rate: number,
  rule: StopRule & { readonly failures: FailureTest },
): number {
  const { failures: test, failedMax } = rule;
  let going = [1];
  let stopped = 0;
  for (let seen = 1; seen <= hosts; seen += 1) {
    const next: number[] = [];
    for (let failed = 0; failed <= going.length; failed += 1) {
      const chance = (going[failed] ?? 0) * (1 - rate) + (going[failed - 1] ?? 0) * rate;
      const isOver = suspicion(test, { failed, well: seen - failed }) >= stopsAt(test);
      if (isOver || failed > failedMax) stopped += chance;
      else next.push(chance);
    }
    going = next;
  }
  return Math.min(1, stopped);
}
