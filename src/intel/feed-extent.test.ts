import { expect, test } from "vitest";
import { coversAll } from "./feed-extent.ts";
import type { FeedHead } from "./file-knowledge.ts";

function aHead(of: Partial<FeedHead>): FeedHead {
  const none = { asOf: null, label: "", problemCount: 0, entryCount: 1 };
  return { feed: "osv-npm", extent: "whole", isComplete: true, ...none, ...of };
}

test("a few records of an ecosystem are samples, packed or not", () => {
  expect(coversAll("npm", [aHead({ entryCount: 40 })])).toBe(false);
  expect(
    coversAll(
      "npm",
      Array.from({ length: 40 }, () => aHead({ extent: "part" })),
    ),
  ).toBe(false);
  expect(coversAll("npm", [])).toBe(false);
});

test("as many as an export holds cover it, in one archive or one file each", () => {
  expect(coversAll("npm", [aHead({ entryCount: 2_000 })])).toBe(true);
  expect(
    coversAll(
      "npm",
      Array.from({ length: 600 }, () => aHead({ extent: "part" })),
    ),
  ).toBe(true);
  expect(coversAll("CRAN", [aHead({ feed: "osv-cran", entryCount: 8 })])).toBe(true);
});

test("a publisher's file in one piece covers its release, an excerpt of it never", () => {
  const tracker = aHead({ feed: "debian-tracker", entryCount: 3 });
  expect(coversAll("Debian:12", [tracker])).toBe(true);
  expect(coversAll("Debian:12", [{ ...tracker, isComplete: false, entryCount: 9_000 }])).toBe(
    false,
  );
  expect(coversAll("Debian:12", [{ ...tracker, extent: "part" }])).toBe(false);
});
