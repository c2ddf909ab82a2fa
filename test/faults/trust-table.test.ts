import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus } from "../corpus/cases.ts";
import { localCorpus } from "../corpus/local-cases.ts";

/** The table of attacks names only tests that exist, and every row that a host or the server decides. */
const clone = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(clone, path), "utf8");

const lines = read("docs/trust.md").split("\n");
const cellsOf = (line: string): string[] => line.slice(2, -2).split(" | ");
const rows = lines.filter((line) => /^\| [RU§]\d/.test(line)).map(cellsOf);
/** TUF's specification 1.5.2 has the first eleven, Uptane's standard the others. */
const attacks = [
  ...["Arbitrary software installation", "Rollback", "Indefinite freeze", "Fast-forward"],
  ...["Endless data", "Slow retrieval", "Extraneous dependencies", "Mix-and-match"],
  ...["Wrong software installation", "Malicious mirrors preventing updates"],
  ...["Vulnerability to key compromises", "mixed bundles", "Partial bundle", "dropped requests"],
];

test("each row is whole, and no attack and no property is left out", () => {
  expect(rows.filter((cells) => cells.length !== 4 || cells.includes(""))).toEqual([]);
  const named = new Set(rows.map(([row]) => row));
  const wanted = Object.entries({ U: 26, R: 13 }).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, at) => `${kind}${at + 1}`),
  );
  expect(wanted.filter((row) => !named.has(row))).toEqual([]);
});

test("each attack that the field has a name for is one of rows that are there", () => {
  const named = new Set(rows.map(([row]) => row));
  const byName = lines
    .slice(lines.indexOf("| attack | rows |") + 2)
    .filter((line) => line.startsWith("| "))
    .map(cellsOf);
  const told = byName.flatMap(([name = ""]) => name.split(", "));
  expect(told.toSorted()).toEqual(attacks.toSorted());
  const meant = byName.flatMap(([, at = ""]) => at.split(", "));
  expect(meant.filter((row) => !named.has(row))).toEqual([]);
});

test("at least six in ten of the cases that hosts and server judge end in a refusal", () => {
  const codes = [...corpus, ...localCorpus].map((one) => one.expect);
  const refused = codes.filter((code) => code !== "ok");
  expect(refused.filter((code) => !/^E_[A-Z]+$/.test(code))).toEqual([]);
  expect(codes.length).toBeGreaterThan(250);
  expect(refused.length / codes.length).toBeGreaterThan(0.6);
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
