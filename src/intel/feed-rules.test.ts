import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../base/instant.ts";
import { coverageGap } from "./coverage.ts";
import { type FeedState, freshnessOf, refusalOf } from "./feed-rules.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

function aFeed(of: Partial<FeedState> = {}): FeedState {
  return {
    name: "debian-tracker",
    origin: "network",
    asOf: NOW - HOUR_MS,
    confirmedAt: NOW - HOUR_MS,
    entryCount: 1000,
    ...of,
  };
}

describe("freshness", () => {
  it("ends after a day for known exploitation and after two for the rest", () => {
    const at = (name: string, hours: number) =>
      freshnessOf(aFeed({ name, confirmedAt: NOW - hours * HOUR_MS }), NOW).kind;
    expect([at("kev", 24), at("kev", 25)]).toEqual(["fresh", "stale"]);
    expect([at("debian-tracker", 48), at("debian-tracker", 49)]).toEqual(["fresh", "stale"]);
  });

  it("counts from when the publisher was asked, not from the date of the content", () => {
    const old = aFeed({ name: "kev", asOf: NOW - 200 * HOUR_MS, confirmedAt: NOW });
    expect(freshnessOf(old, NOW).kind).toBe("fresh");
  });

  it("is never had by a starter snapshot or by content without a date", () => {
    expect(freshnessOf(aFeed({ origin: "starter" }), NOW).kind).toBe("stale");
    expect(freshnessOf(aFeed({ confirmedAt: null }), NOW).kind).toBe("stale");
    expect(freshnessOf(aFeed({ origin: null }), NOW).kind).toBe("never-loaded");
  });
});

describe("the shrink guard", () => {
  it("refuses more than a tenth fewer entries, and anything older", () => {
    const last = aFeed();
    expect(refusalOf(last, { asOf: NOW, entryCount: 900 })).toBeNull();
    expect(refusalOf(last, { asOf: NOW, entryCount: 899 })?.why).toBe("shrunk");
    expect(refusalOf(last, { asOf: NOW - 2 * HOUR_MS, entryCount: 2000 })?.why).toBe("older");
  });

  it("has nothing to compare a first generation with", () => {
    expect(refusalOf(aFeed({ origin: null }), { asOf: null, entryCount: 1 })).toBeNull();
  });
});

describe("coverage", () => {
  const input = { ecosystem: "Debian:12", blindSpot: null, isNamed: true, isMatched: true };
  const feed = { ...aFeed(), ecosystems: ["Debian:12"], isComplete: true };

  it("needs a fresh feed for the release", () => {
    expect(coverageGap(input, [feed], NOW)).toBeNull();
    expect(coverageGap(input, [], NOW)).toBe("no-feed");
    expect(coverageGap({ ...input, ecosystem: "Debian:11" }, [feed], NOW)).toBe("no-feed");
    expect(coverageGap(input, [feed], NOW + 72 * HOUR_MS)).toBe("stale-feed");
    expect(coverageGap(input, [{ ...feed, origin: "starter" }], NOW)).toBe("starter-feed");
  });

  it("is not given by an excerpt to packages it does not name", () => {
    const excerpt = { ...feed, isComplete: false };
    expect(coverageGap(input, [excerpt], NOW)).toBeNull();
    expect(coverageGap({ ...input, isNamed: false }, [excerpt], NOW)).toBe("excerpt");
    expect(coverageGap({ ...input, isNamed: false }, [feed], NOW)).toBeNull();
  });

  it("is unknown where versions cannot be compared or say nothing", () => {
    const git = { ...feed, ecosystems: ["GIT"] };
    expect(coverageGap({ ...input, ecosystem: "GIT" }, [git], NOW)).toBe("no-version-order");
    expect(coverageGap({ ...input, blindSpot: "backport" }, [feed], NOW)).toBe("backport");
    expect(coverageGap({ ...input, isMatched: false }, [feed], NOW)).toBe("not-matched");
  });
});
