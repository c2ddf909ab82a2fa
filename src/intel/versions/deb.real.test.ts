import { existsSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { runCommand } from "../../base/run-command.ts";
import { compareDeb } from "./deb.ts";

/** dpkg takes one process for one question; so many versions are 80,000 pairs. */
const VERSIONS = 400;
const PAIRS = 10_000;

/** Constant programs; the versions reach them as lines of standard input, never as code. */
const SCRIPT = `
while IFS=' ' read -r a relation b; do
  dpkg --compare-versions "$a" "$relation" "$b" || echo "$a $relation $b"
done`;
const LIBRARY = "/usr/share/perl5/Dpkg/Version.pm";
const PERL = `
use Dpkg::Version;
while (<STDIN>) {
  chomp;
  my ($a, $b) = map { Dpkg::Version->new($_, check => 1) } split(/ /, $_, -1);
  print(defined $a && defined $b ? $a <=> $b : "null", "\\n");
}`;

const digits = fc.oneof(
  fc.nat(30).map(String),
  fc.nat(9).map((n) => `0${n}`),
  fc.constantFrom("20230311", "007", "0", "00"),
);
const glue = fc.constantFrom(".", ".", ".", "+", "~", "~rc", "a", "b", "+dfsg", "+really", "~beta");
const upstream = fc
  .tuple(digits, fc.array(fc.tuple(glue, digits), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.flat().join(""));
const tail = fc.constantFrom(
  "",
  "",
  "+b1",
  "+b12",
  "~deb12u1",
  "~bpo12+1",
  "+deb12u2",
  "ubuntu0.1",
);
const debVersion = fc
  .tuple(fc.constantFrom("", "", "", "0:", "1:", "2:"), upstream, fc.option(digits), tail)
  .map(
    ([epoch, up, revision, end]) => `${epoch}${up}${revision === null ? "" : `-${revision}`}${end}`,
  );
/** Half of the pairs share most of their text: unrelated ones hardly ever reach the fine rules. */
const pair = fc.oneof(
  fc.tuple(debVersion, debVersion),
  fc
    .tuple(debVersion, fc.constantFrom("", "0", "~", "+", "a", ".", ".0", "+b1", "~deb12u1", "-0"))
    .map(([v, end]): [string, string] => [v, v + end]),
);

/**
 * Each version stands beside the one that is next by our order, and dpkg is asked whether that is so.
 * Its own order is total, so by these few questions it has judged every pair.
 */
it(`orders ${VERSIONS} generated versions as dpkg --compare-versions does`, async () => {
  const pairs = fc.sample(pair, { numRuns: VERSIONS, seed: 20_261_121 });
  const texts = [...new Set(pairs.flat())].slice(0, VERSIONS);
  expect(texts).toHaveLength(VERSIONS);
  // Where dpkg itself refuses, or warns that a text is no version, we must not claim an order.
  const known = texts.filter((text) => compareDeb(text, text) === 0);
  expect(known.length).toBeGreaterThan(VERSIONS * 0.95);
  const sorted = known.toSorted((a, b) => compareDeb(a, b) ?? 0);
  const next = sorted.slice(1).map((text, at) => [sorted[at] ?? "", text] as const);
  const told = next.map(([a, b]) => ({ a, b, relation: compareDeb(a, b) === 0 ? "eq" : "lt" }));
  expect(new Set(told.map(({ relation }) => relation))).toEqual(new Set(["eq", "lt"]));
  const result = await runCommand({
    program: "sh",
    args: ["-c", SCRIPT],
    input: told.map(({ a, relation, b }) => `${a} ${relation} ${b}\n`).join(""),
    timeoutMs: 50_000,
    outputBytesMax: 1_000_000,
  });
  expect(result).toMatchObject({ ended: "exit", code: 0 });
  expect(result.stdout.toString()).toBe("");
  expect(result.stderr.toString()).toBe("");
  expectTotal(sorted);
}, 60_000);

it.skipIf(!existsSync(LIBRARY))(
  `orders ${PAIRS} generated pairs as Dpkg::Version does`,
  async () => {
    const pairs = fc.sample(pair, { numRuns: PAIRS, seed: 20_261_122 });
    const result = await runCommand({
      program: "perl",
      args: ["-e", PERL],
      input: pairs.map(([a, b]) => `${a} ${b}\n`).join(""),
      timeoutMs: 50_000,
      outputBytesMax: 1_000_000,
    });
    expect(result).toMatchObject({ ended: "exit", code: 0 });
    const told = result.stdout.toString().trim().split("\n");
    const wrong = pairs.flatMap(([a, b], at) =>
      String(compareDeb(a, b)) === told[at]
        ? []
        : [`${a} ${b}: ${compareDeb(a, b)}, not ${told[at]}`],
    );
    expect(wrong).toEqual([]);
    expect(new Set(told)).toEqual(new Set(["-1", "0", "1"]));
  },
  60_000,
);

/** Our own order says of any two what their places in the sorted list say. */
function expectTotal(sorted: readonly string[]): void {
  let rank = 0;
  const ranks = sorted.map((text, at) => {
    if (at > 0 && compareDeb(sorted[at - 1] ?? "", text) !== 0) rank += 1;
    return rank;
  });
  const wrong: string[] = [];
  for (const [at, a] of sorted.entries()) {
    for (let other = at % 7; other < sorted.length; other += 7) {
      const b = sorted[other] ?? "";
      const placed = Math.sign((ranks[at] ?? 0) - (ranks[other] ?? 0));
      if (compareDeb(a, b) !== placed) wrong.push(`${a} ${b}: ${compareDeb(a, b)}, not ${placed}`);
    }
  }
  expect(wrong).toEqual([]);
}
