import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../base/instant.ts";
import type { CoveringFeed } from "./coverage.ts";
import { coverageLost } from "./coverage-lost.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const feed = (of: Partial<CoveringFeed> = {}): CoveringFeed => ({
  ...{ name: "debian-tracker", origin: "network", asOf: now, confirmedAt: now, entryCount: 1 },
  ...{ ecosystems: ["Debian:11", "Debian:12"], isComplete: true, ...of },
});
const hosts = [
  { ecosystem: "Debian:11", hostCount: 1 },
  { ecosystem: "Debian:12", hostCount: 1_200 },
  { ecosystem: "AlmaLinux:9", hostCount: 7 },
];
const old = { confirmedAt: now - 49 * HOUR_MS };

describe("what a source takes away", () => {
  it("is nothing yet while its last good content is young, and is told until when", () => {
    const own = feed();
    expect(coverageLost([own], { feeds: [own], hosts, now })).toMatchObject({
      isLost: false,
      from: now + 48 * HOUR_MS,
      hostCount: 1_201,
      sentence:
        "What is loaded still counts until 2026-11-23T12:00:00.000Z; then 1,200 hosts of Debian 12, 1 host of Debian 11 become unknown.",
    });
  });

  it("is told with hosts and releases once it is too old", () => {
    const own = feed(old);
    const lost = coverageLost([own], { feeds: [own], hosts, now });
    expect(lost).toMatchObject({ isLost: true, from: now - HOUR_MS });
    expect(lost?.sentence).toContain("unknown, not clean");
  });

  it("is nothing where another fresh feed speaks for the release, or no host has it", () => {
    const own = feed(old);
    const other = feed({ name: "osv-debian", ecosystems: ["Debian:12"] });
    expect(coverageLost([own], { feeds: [own, other], hosts, now })?.releases).toEqual([
      { ecosystem: "Debian:11", hostCount: 1 },
    ]);
    const stale = feed({ ...old, name: "osv-debian" });
    expect(coverageLost([own], { feeds: [own, stale], hosts, now })?.hostCount).toBe(1_201);
    const scores = feed({ ...old, name: "epss", ecosystems: [] });
    expect(coverageLost([scores], { feeds: [scores], hosts, now })).toBeNull();
    expect(coverageLost([own], { feeds: [own], hosts: [], now })).toBeNull();
  });

  it("names the largest releases and counts the rest", () => {
    const many = Array.from({ length: 9 }, (_, n) => ({
      ecosystem: `Debian:${n}`,
      hostCount: 10 + n,
    }));
    const own = feed({ ...old, ecosystems: many.map(({ ecosystem }) => ecosystem) });
    expect(coverageLost([own], { feeds: [own], hosts: many, now })?.sentence).toContain(
      "18 hosts of Debian 8, 17 hosts of Debian 7, 16 hosts of Debian 6, 15 hosts of Debian 5, 60 hosts of 5 more releases",
    );
  });
});
