import { expect, test } from "vitest";
import { textFaultIn } from "./text-fault.ts";

test("text that cannot be stored as it came is found at any depth, in keys and in values", () => {
  for (const bad of ["a\u0000b", { a: ["\u0000"] }, { "\u0000": 1 }, [{ b: { c: "\ud800" } }]]) {
    expect(textFaultIn(bad)).not.toBeNull();
  }
  for (const good of ["é𝒳\n", { a: [1, null, true, "ok"] }, undefined, new Uint8Array([0])]) {
    expect(textFaultIn(good)).toBeNull();
  }
});
