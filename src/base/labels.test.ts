import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "./failure.ts";
import { parseSelector, type Selector, selectorToText } from "./labels.ts";

describe("a label expression", () => {
  test("is read requirement by requirement", () => {
    expect(parseSelector("env=prod, service in (web,db),zone!=b,!canary,tier")).toEqual([
      { op: "in", key: "env", values: ["prod"] },
      { op: "in", key: "service", values: ["web", "db"] },
      { op: "not-in", key: "zone", values: ["b"] },
      { op: "absent", key: "canary" },
      { op: "exists", key: "tier" },
    ]);
  });

  test("selects everything only when it is blank, never because it is broken", () => {
    expect(parseSelector("")).toEqual([]);
    expect(parseSelector("  ")).toEqual([]);
    const broken = ["(", ")", ",", ",,", "((", "()", " , ", "env=prod,", ",env=prod", "env=prod,("];
    for (const text of [...broken, "env in (prod", "env in ()", "env=prod)", "env in ((a))"]) {
      expect(() => parseSelector(text), text).toThrow(Failure);
    }
  });

  test("keeps every requirement of its text, or is refused", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab1=!,() in"), maxLength: 24 }), (text) => {
        let read: Selector;
        try {
          read = parseSelector(text);
        } catch (cause) {
          expect(cause).toBeInstanceOf(Failure);
          return;
        }
        expect(read.length > 0 || text.trim() === "").toBe(true);
        expect(parseSelector(selectorToText(read))).toEqual(read);
      }),
      { numRuns: 2_000 },
    );
  });
});
