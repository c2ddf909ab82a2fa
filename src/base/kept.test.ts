import { describe, expect, it } from "vitest";
import { keepLast, keptFor } from "./kept.ts";

describe("kept answers", () => {
  it("go when they were asked for longest ago", () => {
    const kept = new Map<string, number>();
    for (const one of ["a", "b", "a", "c"]) keepLast(kept, 2, [one, one.length]);
    expect([...kept.keys()]).toEqual(["a", "c"]);
    expect(keepLast(kept, 2, ["a", 7])).toBe(7);
    expect([...kept]).toEqual([
      ["c", 1],
      ["a", 7],
    ]);
  });

  it("belong to what they were made from", () => {
    const all = new WeakMap<object, Map<string, number>>();
    const [one, other] = [{}, {}];
    keptFor(all, one).set("x", 1);
    expect(keptFor(all, one).get("x")).toBe(1);
    expect(keptFor(all, other).size).toBe(0);
  });
});
