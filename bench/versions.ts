import { spawnSync } from "node:child_process";
import { compareDeb } from "../src/intel/versions/deb.ts";
import type { VersionOrder } from "../src/intel/versions/order.ts";
import { compareRpm } from "../src/intel/versions/rpm.ts";
import { compareByRpm } from "../test/builders/rpm-order.ts";
import { chance, type MadeScheme, madePair } from "../test/builders/versions.ts";
import { missingPrograms } from "./needs.ts";

/**
 * Our order of Debian and rpm versions beside dpkg's and rpm's own, over 1,000,000 generated pairs:
 * `node bench/versions.ts`. One JSON line for each: pairs a second of ours and of the tool, and how
 * many answers differ. A difference, or fewer than `PAIRS_A_SECOND_MIN`, ends it with 1.
 *
 * rpm answers all pairs in one call. dpkg takes one process for one question, so it is asked about
 * neighbours: distinct versions in our order, each of which dpkg must call lower than, or equal to, the
 * next. Its own order is total, so these answers fix what it would say of every pair of them.
 */
const PAIRS = 1_000_000;
const DEB_VERSIONS = 1_500;
const PAIRS_A_SECOND_MIN = 250_000;
const BUFFER_BYTES = 64 * 1024 * 1024;

const missing = missingPrograms(["dpkg", "rpm"]);
if (missing.length > 0) {
  console.error(`Install ${missing.join(", ")} first: apt-get install ${missing.join(" ")}`);
  process.exit(2);
}
report("rpm", compareRpm, againstRpm());
report("deb", compareDeb, againstDpkg());

interface Judged {
  readonly pairs: number;
  readonly differences: readonly string[];
  readonly toolPairsPerSecond: number;
}

function report(scheme: MadeScheme, order: VersionOrder, judged: Judged): void {
  const pairs = madePairs(scheme);
  let known = 0;
  const start = performance.now();
  for (const [a, b] of pairs) if (order(a, b) !== null) known++;
  const pairsPerSecond = Math.round((pairs.length / (performance.now() - start)) * 1_000);
  const { differences, toolPairsPerSecond } = judged;
  const line = {
    bench: "versions",
    scheme,
    pairs: judged.pairs,
    differences: differences.length,
    pairsPerSecond,
    toolPairsPerSecond,
    ratio: Math.round(pairsPerSecond / toolPairsPerSecond),
    known: known / pairs.length,
  };
  console.log(JSON.stringify(line));
  for (const difference of differences.slice(0, 5)) console.error(difference);
  if (differences.length > 0 || pairsPerSecond < PAIRS_A_SECOND_MIN) process.exitCode = 1;
}

function madePairs(scheme: MadeScheme): readonly (readonly [string, string])[] {
  const from = chance(42);
  return Array.from({ length: PAIRS }, () => madePair(scheme, from));
}

function againstRpm(): Judged {
  const pairs = madePairs("rpm");
  const { answers: told, seconds } = compareByRpm(pairs);
  const differences = pairs.flatMap(([a, b], at) =>
    compareRpm(a, b) === told[at] ? [] : [`${a} ${b}: rpm says ${told[at]}`],
  );
  return {
    pairs: pairs.length,
    differences,
    toolPairsPerSecond: Math.round(pairs.length / seconds),
  };
}

/** dpkg, asked about neighbours; then our own order of every pair against their places. */
function againstDpkg(): Judged {
  const script = `while IFS=' ' read -r a relation b; do
    dpkg --compare-versions "$a" "$relation" "$b" || echo "dpkg denies $a $relation $b"
  done`;
  const texts = new Set<string>();
  for (const pair of madePairs("deb")) {
    for (const text of pair) if (compareDeb(text, text) === 0) texts.add(text);
    if (texts.size >= DEB_VERSIONS) break;
  }
  const sorted = [...texts].sort((a, b) => compareDeb(a, b) ?? 0);
  const questions = sorted.slice(1).map((b, at) => {
    const a = sorted[at] ?? "";
    return `${a} ${compareDeb(a, b) === 0 ? "eq" : "lt"} ${b}\n`;
  });
  const start = performance.now();
  const run = spawnSync("sh", ["-c", script], {
    input: questions.join(""),
    maxBuffer: BUFFER_BYTES,
  });
  const seconds = (performance.now() - start) / 1_000;
  const denied = `${run.stdout}${run.stderr}`.split("\n").filter((line) => line !== "");
  return {
    pairs: (sorted.length * (sorted.length - 1)) / 2,
    differences: [...denied, ...unlikeTheirPlaces(sorted)],
    toolPairsPerSecond: Math.round(questions.length / seconds),
  };
}

function unlikeTheirPlaces(sorted: readonly string[]): readonly string[] {
  let rank = 0;
  const ranks = sorted.map((text, at) => {
    if (at > 0 && compareDeb(sorted[at - 1] ?? "", text) !== 0) rank++;
    return rank;
  });
  return sorted.flatMap((a, i) =>
    sorted.slice(i + 1).flatMap((b, offset) => {
      const placed = Math.sign((ranks[i] ?? 0) - (ranks[i + 1 + offset] ?? 0));
      return compareDeb(a, b) === placed ? [] : [`${a} ${b}: not as their places say`];
    }),
  );
}
