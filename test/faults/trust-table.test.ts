import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** The table of attacks names only tests that exist, and every row that a host decides. */
const clone = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(clone, path), "utf8");

const rows = read("docs/trust.md")
  .split("\n")
  .filter((line) => /^\| [U§]/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

test("each row is whole, and no attack is left out", () => {
  expect(rows.filter((cells) => cells.length !== 4 || cells.includes(""))).toEqual([]);
  const named = new Set(rows.map(([row]) => row));
  const missing = Array.from({ length: 26 }, (_, at) => at + 1).filter(
    (row) => !named.has(`U${row}`),
  );
  expect(missing).toEqual([]);
});

describe.each(rows.map(([row = "", attack = "", , proof = ""]) => ({ row, attack, proof })))(
  "$row $attack",
  ({ proof }) => {
    test("names a test that exists", () => {
      const [, path = "", name = ""] = /^`([^`]+)` "(.+)"$/.exec(proof) ?? [];
      expect(existsSync(join(clone, path)), path).toBe(true);
      expect(name.length).toBeGreaterThan(8);
      expect(read(path)).toContain(name);
    });
  },
);
