import { expect, test } from "vitest";
import { conflictStates, conflictToText } from "./conflict.ts";

test("a conflict says how many hosts are wanted twice and who waits", () => {
  const of = { number: 7, title: "Upgrade openssl", isSamePatch: false, hosts: 1 } as const;
  expect(conflictToText({ ...of, state: "running" })).toBe(
    "is at work on 1 of the same hosts; a host that is busy there waits here until that job has ended",
  );
  const texts = conflictStates.map((state) => conflictToText({ ...of, state, isSamePatch: true }));
  expect(new Set(texts).size).toBe(conflictStates.length);
  for (const text of texts) expect(text).toContain("for the same patch");
});
