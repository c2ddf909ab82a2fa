import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** The table of traps names only tests that exist. */
const clone = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(clone, path), "utf8");

const rows = read("docs/traps.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| trap"))
  .map((line) => line.slice(2, -2).split(" | "));

test("the table is long, and each row is whole", () => {
  expect(rows.length).toBeGreaterThan(55);
  expect(rows.filter((cells) => cells.length !== 3 || cells.includes(""))).toEqual([]);
});

describe.each(rows.map((cells) => ({ trap: cells[0] ?? "", proof: cells[2] ?? "" })))(
  "$trap",
  ({ proof }) => {
    test("names a test that exists", () => {
      const [, path = "", name = ""] = /^`([^`]+)` "(.+)"$/.exec(proof) ?? [];
      expect(existsSync(join(clone, path)), path).toBe(true);
      expect(name.length).toBeGreaterThan(8);
      expect(read(path)).toContain(name);
    });
  },
);
