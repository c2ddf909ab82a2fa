import fc from "fast-check";
import { expect, it } from "vitest";
import { runCommand } from "../../base/run-command.ts";
import { compareDeb } from "./deb.ts";

const PAIRS = 5_000;

/** One constant script; the versions reach it as lines of standard input, never as code. */
const SCRIPT = `
while IFS=' ' read -r a b; do
  if dpkg --compare-versions "$a" lt "$b"; then echo -1
  elif dpkg --compare-versions "$a" gt "$b"; then echo 1
  elif dpkg --compare-versions "$a" eq "$b"; then echo 0
  else echo none
  fi
done`;

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

it(`equals dpkg --compare-versions on ${PAIRS} generated pairs`, async () => {
  const pairs = fc.sample(pair, { numRuns: PAIRS, seed: 20_261_121 });
  const result = await runCommand({
    program: "sh",
    args: ["-c", SCRIPT],
    input: pairs.map(([a, b]) => `${a} ${b}\n`).join(""),
    timeoutMs: 110_000,
    outputBytesMax: 1_000_000,
  });
  const said = result.stdout.toString().trim().split("\n");
  expect(said).toHaveLength(PAIRS);
  const wrong = pairs.flatMap(([a, b], i) => {
    const ours = compareDeb(a, b);
    // Where dpkg itself refuses, or warns that a text is no version, we must not claim an order.
    return ours === null || String(ours) === said[i] ? [] : [`${a} ${b}: ${ours}, dpkg ${said[i]}`];
  });
  expect(wrong).toEqual([]);
  const compared = pairs.filter(([a, b]) => compareDeb(a, b) !== null).length;
  expect(compared).toBeGreaterThan(PAIRS * 0.95);
  expect(new Set(said)).toEqual(new Set(["-1", "0", "1"]));
});
