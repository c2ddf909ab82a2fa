import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { chance } from "../../../test/builders/versions.ts";
import { runCommand } from "../../base/run-command.ts";
import { comparePep440 } from "./pep440.ts";

const PAIRS = 10_000;
const PYTHON = "/usr/bin/python3";
const LIBRARY = "/usr/lib/python3/dist-packages/packaging/version.py";

/** One constant program; the versions reach it as lines of standard input, never as code. */
const PROGRAM = `
import sys
from packaging.version import Version
def parsed(text):
  try: return Version(text)
  except ValueError: return None
for line in sys.stdin:
  a, b = [parsed(text) for text in line.rstrip("\\n").split("\\t")]
  print("null" if a is None or b is None else (a > b) - (a < b))
`;

const parts = [
  "a1",
  "b",
  "rc2",
  "alpha",
  "c",
  "pre",
  ".post1",
  "-3",
  "rev",
  ".dev2",
  "dev",
] as const;
const more = [
  "",
  ".0",
  ".1",
  ".10",
  ".007",
  "+l.1",
  "+1e5",
  "+0x1",
  "-",
  "_",
  ".",
  "A",
  "!",
] as const;
const starts = ["1", "1.0", "0", "v1.0", "1!1.0", "2024.1.1", "01"] as const;

it.skipIf(!existsSync(PYTHON) || !existsSync(LIBRARY))(
  `orders ${PAIRS} generated pairs as Python's packaging does`,
  async () => {
    const { pick, below } = chance(20_261_123);
    const version = (): string => {
      let text: string = pick(starts);
      for (let left = below(4); left > 0; left--) text += below(2) === 0 ? pick(parts) : pick(more);
      return text;
    };
    const pairs = Array.from({ length: PAIRS }, () => {
      const a = version();
      return [a, below(2) === 0 ? version() : a + pick(parts)] as const;
    });
    const result = await runCommand({
      program: PYTHON,
      args: ["-c", PROGRAM],
      input: pairs.map(([a, b]) => `${a}\t${b}\n`).join(""),
      timeoutMs: 60_000,
      outputBytesMax: 1_000_000,
    });
    expect(result).toMatchObject({ ended: "exit", code: 0 });
    const told = result.stdout.toString().trim().split("\n");
    const wrong = pairs.flatMap(([a, b], at) => {
      const ours = String(comparePep440(a, b));
      return ours === told[at] ? [] : [`${a} ${b}: ${ours}, not ${told[at]}`];
    });
    expect(wrong).toEqual([]);
    expect(told.filter((text) => text !== "null").length).toBeGreaterThan(PAIRS / 5);
  },
);
