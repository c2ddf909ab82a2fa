import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aStatement } from "../../test/builders/intel.ts";
import { boundariesOf, verdictAt } from "./boundaries.ts";
import { judge } from "./judge.ts";
import type { Statement } from "./model.ts";
import { orderOf } from "./versions/order.ts";

const text = fc
  .array(
    fc.constantFrom("0", "1", "10", "3", "007", "a", "~rc1", "+b1", "^git1", "-r1", "_p2", " "),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .chain((parts) => fc.constantFrom(".", "-", "").map((glue) => parts.join(glue)));
const range = fc.record({
  introduced: fc.oneof(fc.constant("0"), text),
  fixed: fc.option(text),
  lastAffected: fc.option(text),
});
const state: fc.Arbitrary<Statement["state"]> = fc.oneof(
  text.map((version) => ({ kind: "fixed" as const, version })),
  fc.record({
    kind: fc.constant("ranges" as const),
    ranges: fc.array(range, { maxLength: 2 }),
    versions: fc.array(text, { maxLength: 1 }),
  }),
  fc.constant<Statement["state"]>({ kind: "open" }),
);
const urgency = fc.constantFrom("high", "unimportant");

describe("boundaries", () => {
  it.each(["Debian:12", "AlmaLinux:9", "Alpine:v3.20", "npm", "Arch Linux", "unheard of"])(
    "say of each version of %s what judging it by each statement says",
    (ecosystem) => {
      const order = orderOf(ecosystem);
      let looked = 0;
      fc.assert(
        fc.property(
          fc.array(fc.record({ state, urgency }), { maxLength: 12 }),
          fc.array(text, { maxLength: 6 }),
          (all, installed) => {
            const statements = all.map((own) => aStatement({ ...own, ecosystem }));
            const boundaries = boundariesOf(statements, order);
            for (const version of installed) {
              const place = boundaries.placeOf(version);
              statements.forEach((said, at) => {
                const boundary = boundaries.of[at] ?? null;
                if (boundary === null) return;
                looked += 1;
                expect(verdictAt(boundary, place)).toEqual(judge(said, version, order));
              });
            }
          },
        ),
        { numRuns: 300 },
      );
      const isSorted = ["Debian:12", "AlmaLinux:9", "Alpine:v3.20"].includes(ecosystem);
      expect(looked > 100).toBe(isSorted);
    },
  );

  it("are those of statements that only name a fix, or everything below one", () => {
    const ranges = (introduced: string, fixed: string | null, versions: readonly string[] = []) =>
      aStatement({
        state: { kind: "ranges", versions, ranges: [{ introduced, fixed, lastAffected: null }] },
      });
    const statements = [
      aStatement({ state: { kind: "fixed", version: "1.0-2" } }),
      ranges("0", "1.0-2"),
      ...[ranges("0.9-1", "1.0-2"), ranges("0", null), ranges("0", "1.0-2", ["1.0-1"])],
      aStatement({ state: { kind: "open" } }),
      aStatement({ state: { kind: "fixed", version: "no version" } }),
    ];
    const { of } = boundariesOf(statements, orderOf("Debian:12"));
    expect(of.map((boundary) => boundary?.rank ?? null)).toEqual([
      ...[1, 1],
      ...[null, null, null, null, null],
    ]);
  });
});
