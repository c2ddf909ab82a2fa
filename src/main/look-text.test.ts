import { expect, it } from "vitest";
import { type LookFacts, lookText, publisherLine } from "./look-text.ts";

function facts(changes: Partial<LookFacts> = {}): LookFacts {
  return {
    host: {
      name: "web-1",
      system: "Debian 12",
      packages: 730,
      updates: 128,
      listsAt: "2026-11-20",
      problem: null,
      needsReboot: false,
    },
    vulnerabilities: 214,
    sources: 39,
    knownExploited: ["CVE-2026-1"],
    isFinal: true,
    unknown: [],
    feeds: [{ name: "kev", asOf: "2026-08-16", freshness: "stale" }],
    missingFeeds: [],
    fixFirst: { source: "openssl", version: "3.0.18-1", clears: 14, knownExploited: 1 },
    ...changes,
  };
}

it("says what was found, what to fix first and how old the data is", () => {
  const text = lookText(facts());
  expect(text).toMatch(/web-1, Debian 12: 730 packages/);
  expect(text).toMatch(/128 available/);
  expect(text).toMatch(/214 vulnerabilities in 39 source packages, 1 known to be exploited/);
  expect(text).toMatch(/openssl → 3\.0\.18-1: clears 14 vulnerabilities/);
  expect(text).toMatch(/kev 2026-08-16 \(stale\)/);
});

it("says unknown, and no zero, where lists, feeds or the inspection are missing", () => {
  const host = facts().host as NonNullable<LookFacts["host"]>;
  const blind = lookText(
    facts({ host: { ...host, packages: null, updates: null, problem: "no dpkg" }, fixFirst: null }),
  );
  expect(blind).toMatch(/packages unknown: no dpkg/);
  expect(blind).toMatch(/Findings +unknown/);
  expect(lookText(facts({ host: { ...host, updates: null } }))).toMatch(/Updates +unknown/);
  const unfed = facts({ feeds: [], fixFirst: null, vulnerabilities: 0, missingFeeds: ["kev"] });
  expect(lookText(unfed)).toMatch(/unknown: no feed is loaded/);
  expect(lookText(unfed)).not.toMatch(/\b0\b/);
});

it("names packages that no feed covers instead of passing over them", () => {
  const text = lookText(facts({ unknown: [{ reason: "no-feed", packages: 12 }] }));
  expect(text).toMatch(/Unsure +12 packages: No feed for this release/);
});

it("says in one line how the publishers of feeds answered", () => {
  const feed = { name: "kev", isFailed: true, isStarter: true, asOf: "2026-11-20" };
  const other = { ...feed, name: "epss", isFailed: false };
  const line = (feeds: (typeof feed)[], isNetworkOn = true): string =>
    publisherLine({ isNetworkOn, feeds });
  expect(line([feed])).toMatch(/cannot be reached from here; .* starter snapshot of 2026-11-20$/);
  expect(line([feed, other])).toMatch(/ kev could not be had .*; the others are up to date$/);
  expect(line([other])).toMatch(/up to date with their publishers$/);
  expect(line([feed], false)).toMatch(/switched off; going on with the starter snapshot/);
  expect(line([{ ...feed, isStarter: false }])).toMatch(/going on with the data that is loaded$/);
});
