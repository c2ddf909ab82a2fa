import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { failureTable } from "../../src/base/failure.ts";
import { reachProblemKinds } from "../../src/reach/model.ts";
import { hostCodes } from "../../src/rollout/host-words.ts";

/** The table of faults names only tests that exist and codes that the program gives. */

const clone = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(clone, path), "utf8");

interface Row {
  readonly fault: string;
  readonly cells: readonly string[];
}

const rows: readonly Row[] = read("docs/faults.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what goes wrong"))
  .map((line) => {
    const cells = line.slice(2, -2).split(" | ");
    return { fault: cells[0] ?? "", cells };
  });

const whys = /why: "([a-z-]+)"/g;
const whysOf = (path: string): string[] =>
  [...read(path).matchAll(whys)].map(([, why]) => why ?? "");
const codes = new Set([
  ...Object.keys(failureTable),
  ...reachProblemKinds,
  ...Object.keys(hostCodes),
  ...whysOf("src/intel/feed-rules.ts"),
  ...whysOf("src/rollout/hold.ts"),
]);

test("the table has a row for each kind of fault, and each row is whole", () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter(({ cells }) => cells.length !== 6 || cells.includes(""))).toEqual([]);
});

describe.each(rows)("$fault", ({ cells }) => {
  const [, , code = "", , , proof = ""] = cells;

  test("has codes that the program gives", () => {
    const named = [...code.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "");
    expect(code === "–" || named.length > 0).toBe(true);
    expect(named.filter((name) => !codes.has(name))).toEqual([]);
  });

  test("names a test that exists", () => {
    const [, path = "", name = ""] = /^`([^`]+)` "(.+)"$/.exec(proof) ?? [];
    expect(existsSync(join(clone, path)), path).toBe(true);
    expect(name.length).toBeGreaterThan(10);
    // A name may be broken over lines by the formatter, but never within a sentence.
    expect(read(path)).toContain(name);
  });
});
