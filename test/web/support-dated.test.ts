import { expect, test } from "vitest";
import { hasOwnLine } from "../../web/intel/support-dated.ts";

test.each([
  ["a release", { kind: "system", carrier: "Debian:12", daysLeft: -20 }, true],
  ["a runtime of its own publisher", { kind: "runtime", carrier: "", daysLeft: 300 }, true],
  ["one that ends today", { kind: "runtime", carrier: "", daysLeft: 0 }, true],
  [
    "a runtime that comes with a release",
    { kind: "runtime", carrier: "Debian:12", daysLeft: 9 },
    false,
  ],
  ["a runtime without a day", { kind: "runtime", carrier: "", daysLeft: null }, false],
])("%s", (_what, entry, told) => {
  expect(hasOwnLine(entry)).toBe(told);
});
