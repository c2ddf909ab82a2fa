import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, nearNames } from "./near-name.ts";

const fleet = ["web-1", "web-2", "web-11", "db-1", "payments-db-1", "cache-eu-west"];

describe("a name nobody knows", () => {
  test.each([
    ["web1", ["web-1", "web-2", "web-11"].slice(0, 1)],
    ["wbe-1", ["web-1"]],
    ["cache-eu-wset", ["cache-eu-west"]],
    ["payments", ["payments-db-1"]],
    ["nothing-like-it", []],
    ["x", []],
  ])("%s is near to %j", (asked, near) => {
    expect(nearNames(asked, fleet).slice(0, Math.max(1, near.length))).toEqual(near);
  });

  test("is near to every name that one letter is changed, lost or doubled in", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{4,20}$/);
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom("q", "z", "7"), (known, place, letter) => {
        const at = place % known.length;
        const changed = known.slice(0, at) + letter + known.slice(at + 1);
        const lost = known.slice(0, at) + known.slice(at + 1);
        const doubled = known.slice(0, at) + letter + known.slice(at);
        for (const typo of [changed, lost, doubled])
          expect(nearNames(typo, [known])).toEqual([known]);
      }),
    );
  });

  test("is answered with the names in words", () => {
    expect(didYouMean([])).toBe("");
    expect(didYouMean(["a"])).toBe(" Did you mean a?");
    expect(didYouMean(["a", "b", "c"])).toBe(" Did you mean a, b or c?");
  });
});
