import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockOf,
  changedBlock,
  countOnlyIn,
  type PackedStatement,
  packStatements,
  type SaidStatement,
  unpackStatements,
} from "./statement-blocks.ts";

const ids = ["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"];

function said(vulnerability: string, name: string, version: string): SaidStatement {
  const state = { kind: "fixed", version };
  return { vulnerability, packageNames: [name], matches: "binary", urgency: "", state };
}

const someSaid = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom(...ids), fc.constantFrom("a", "b"), fc.constantFrom("1", "2"))
    .map(([id, name, version]) => said(id, name, version)),
  { selector: (one) => JSON.stringify(one) },
);

function loaded(loads: readonly (readonly SaidStatement[])[], named?: ReadonlySet<string>) {
  let next = 0;
  let entries: readonly PackedStatement[] = [];
  for (const [at, load] of loads.entries()) {
    const speaksOf = (id: string): boolean => at === 0 || (named?.has(id) ?? true);
    const generation = `load-${at}`;
    const of = { said: load, speaksOf, generation, at, nextId: () => next++ };
    entries = unpackStatements(packStatements(changedBlock(entries, of).entries));
  }
  return entries;
}

const textOf = ({ vulnerability, packageNames, state }: SaidStatement): string =>
  JSON.stringify([vulnerability, packageNames, state]);
const at = (entries: readonly PackedStatement[], moment: number): string[] =>
  entries
    .filter((e) => e.validFrom <= moment && (e.validTo === null || e.validTo > moment))
    .map(textOf)
    .sort();

describe("a block of statements", () => {
  it("tells what held after every load, whatever came later", () => {
    fc.assert(
      fc.property(fc.array(someSaid, { minLength: 1, maxLength: 5 }), (loads) => {
        const entries = loaded(loads);
        for (const [moment, load] of loads.entries()) {
          expect(at(entries, moment)).toEqual(load.map(textOf).sort());
        }
      }),
    );
  });

  it("leaves alone what a part does not speak of", () => {
    fc.assert(
      fc.property(someSaid, someSaid, fc.constantFrom(...ids), (first, second, named) => {
        const own = second.filter(({ vulnerability }) => vulnerability === named);
        const others = first.filter(({ vulnerability }) => vulnerability !== named);
        const entries = loaded([first, own], new Set([named]));
        expect(at(entries, 1)).toEqual([...others, ...own].map(textOf).sort());
      }),
    );
  });

  it("keeps id, first input and beginning of what is said again", () => {
    const one = said("CVE-2026-1001", "a", "1");
    const entries = loaded([[one], [said("CVE-2026-1001", "b", "1"), one], [one]]);
    expect(entries.filter((entry) => entry.validTo === null)).toEqual([
      { id: 0, ...one, generation: "load-0", validFrom: 0, validTo: null },
    ]);
  });

  it("reads plain JSON, whose keys a database has put in another order, as what is said again", () => {
    const plain = [
      {
        ...{ v: "CVE-2026-1001", i: 7, m: "binary", p: ["a"], u: "", g: "old", f: 5, t: null },
        s: { version: "1", kind: "fixed" },
      },
    ];
    const before = unpackStatements(Buffer.from(JSON.stringify(plain)));
    const load = { said: [said("CVE-2026-1001", "a", "1")], speaksOf: () => true };
    const change = changedBlock(before, { ...load, generation: "new", at: 9, nextId: () => 8 });
    expect(change).toEqual({ entries: before, added: [], ended: [] });
  });

  it("counts no statement as new or ended that only moved between entries", () => {
    const entry = (names: string[]): PackedStatement => ({
      ...said("CVE-2026-1001", "", "1"),
      ...{ packageNames: names, id: 1, generation: "", validFrom: 0, validTo: null },
    });
    expect(countOnlyIn([entry(["a"]), entry(["b", "c"])], [entry(["a", "b"])])).toBe(1);
  });

  it("holds a hundred neighbours, and spreads other ids", () => {
    expect(blockOf("CVE-2026-12345")).toBe("CVE-2026-123");
    expect(blockOf("CVE-2026-1001")).toBe("CVE-2026-10");
    expect(blockOf("GHSA-xxxx-yyyy-zzzz")).toMatch(/^[0-9a-f]{2}$/);
  });
});
