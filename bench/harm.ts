import { parseArgs } from "node:util";
import { binomialAbove } from "../src/policy/failure-test.ts";
import { spreadOf } from "../src/rollout/simulation-question.ts";
import { randomFrom } from "../src/rollout/simulation-random.ts";
import { BASELINE, engine, GROUPS, type Harm, test } from "./harm-engine.ts";

/**
 * How many hosts a bad patch harms before it is stopped, in a fleet of 10,000:
 * `node bench/harm.ts [--seeds 1000] [--good-seeds 20]`. The engine's own turn and decisions run
 * against virtual hosts, on all cores (`harm-engine.ts`); beside it, over the same groups and with the
 * thresholds that stop a good patch no more often: ten equal groups that start whole and stop at their
 * share of failures, which is also what serial batches judged at their end come to; and, to tell the
 * merit of small waves from that of the test, groups as large as the engine's own waves. JSON lines
 * with the hosts harmed; below three times fewer than the ten groups it ends with 1.
 */
const { values: flags } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    "good-seeds": { type: "string", default: "20" },
  },
});
const SEEDS = Number(flags.seeds);
const GOOD_SEEDS = Number(flags["good-seeds"]);
const HOSTS = 10_000;
const BATCH = HOSTS / 10;
const TIMES_FEWER = 3;

/** Each part starts whole; more than `share` of it failing ends the run there. */
function parts(sizes: readonly number[], share: number) {
  return (rate: number, seeds: number): Harm => {
    const harmed: number[] = [];
    let stopped = 0;
    for (let seed = 0; seed < seeds; seed += 1) {
      const random = randomFrom(seed);
      let sum = 0;
      const isOver = sizes.some((size) => {
        let failed = 0;
        for (let host = 0; host < size; host += 1) failed += Number(random.chance(rate));
        sum += failed;
        return failed > share * size;
      });
      harmed.push(sum);
      stopped += Number(isOver);
    }
    return { harmed, stopped: stopped / seeds };
  };
}

/** The strictest share at which a good patch is stopped no more often than `most`; exact. */
function calibrated(sizes: readonly number[], most: number): number {
  for (let permille = 1; permille <= 1_000; permille += 1) {
    const share = permille / 1_000;
    const passes = sizes.map((size) => 1 - binomialAbove(size, BASELINE, Math.floor(share * size)));
    if (1 - passes.reduce((a, b) => a * b, 1) <= most) return share;
  }
  return 1;
}

function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ bench: "harm", hosts: HOSTS, ...line })}\n`);
}

const good = await engine(BASELINE, GOOD_SEEDS);
// A rate that was never seen among few runs is not zero: the others may stop as often as Ville allows.
const falseStops = Math.max(good.stopped, test.alpha / (1 - test.beta));
print({ contender: "engine", rate: BASELINE, seeds: GOOD_SEEDS, falseStops: good.stopped });
const serial = Array.from({ length: HOSTS / BATCH }, () => BATCH);
const contenders = [
  { name: "groups of 10 %", sizes: serial, isBound: true },
  { name: "groups like our waves", sizes: GROUPS, isBound: false },
].map((one) => ({ ...one, share: calibrated(one.sizes, falseStops) }));
let worst = Number.POSITIVE_INFINITY;
for (const rate of [0.5, 0.1, 0.05]) {
  const began = performance.now();
  const ours = await engine(rate, SEEDS);
  const mine = spreadOf(ours.harmed);
  const seconds = Math.round((performance.now() - began) / 1_000);
  print({ contender: "engine", rate, seeds: SEEDS, stopped: ours.stopped, harmed: mine, seconds });
  for (const { name, sizes, share, isBound } of contenders) {
    const theirs = parts(sizes, share)(rate, SEEDS);
    const harmed = spreadOf(theirs.harmed);
    const timesFewer = Math.round((harmed.mean / mine.mean) * 10) / 10;
    if (isBound) worst = Math.min(worst, timesFewer);
    const stopped = theirs.stopped;
    print({ contender: name, stopsAbove: share, rate, seeds: SEEDS, stopped, harmed, timesFewer });
  }
}
if (worst < TIMES_FEWER) process.exitCode = 1;
