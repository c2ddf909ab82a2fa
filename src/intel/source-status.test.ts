import { describe, expect, it } from "vitest";
import { sourceOf } from "./feed-source.ts";
import { healthOf, type SourceFacts } from "./source-status.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const HOUR = 3_600_000;

function facts(of: Partial<SourceFacts> & { readonly ageHours?: number } = {}): SourceFacts {
  const { ageHours = 1, ...rest } = of;
  return {
    source: sourceOf("kev"),
    choice: "automatic",
    isAsked: true,
    isNetworkOn: true,
    goodAt: null,
    failure: null,
    failingSince: null,
    feeds: [{ name: "kev", entryCount: 1, origin: "network", confirmedAt: now - ageHours * HOUR }],
    ...rest,
  };
}

describe("the health of a source", () => {
  it("is good while it is younger than its limit, and late from then on", () => {
    expect(healthOf(facts({ ageHours: 24 }), now)).toMatchObject({ state: "good", alarm: null });
    const late = healthOf(facts({ ageHours: 30 }), now);
    expect(late.state).toBe("late");
    expect(late.alarm?.what).toContain("the limit is 24 h");
    expect(late.alarm?.since).toBe(now - 6 * HOUR);
    expect(late.alarm?.todo).toContain("feed refresh kev");
  });

  it("tells what fails, since when, and what to do, however fresh it still is", () => {
    const failing = { failure: "It answered 503.", failingSince: now - HOUR };
    const health = healthOf(facts(failing), now);
    expect(health.state).toBe("failing");
    expect(health.alarm).toMatchObject({ what: "It answered 503.", since: now - HOUR });
    expect(health.alarm?.todo).not.toContain("--mirror");
    expect(healthOf(facts({ ...failing, ageHours: 99 }), now).alarm?.todo).toContain("--mirror");
    const refused = healthOf(facts({ failure: "Refused. It has 1 entry." }), now);
    expect(refused.alarm?.todo).toContain("--accept-shrink");
  });

  it("of a source that is not asked is off, whatever it holds", () => {
    const off = healthOf(facts({ isAsked: false, choice: "off", ageHours: 999 }), now);
    expect(off).toMatchObject({ state: "off", alarm: null, why: "Switched off by an operator." });
  });

  it("of one that was never loaded is no alarm while the first answer is to come", () => {
    expect(healthOf(facts({ feeds: [] }), now)).toMatchObject({
      state: "never-loaded",
      alarm: null,
    });
    const closed = healthOf(facts({ feeds: [], isNetworkOn: false }), now);
    expect(closed.alarm?.todo).toContain("feed import");
    const starter = { name: "kev", entryCount: 1, origin: "starter" as const, confirmedAt: now };
    expect(healthOf(facts({ feeds: [starter] }), now).state).toBe("late");
    const unplaced = facts({ source: sourceOf("ubuntu-tracker"), feeds: [] });
    expect(healthOf(unplaced, now).alarm?.todo).toContain("feed add ubuntu-tracker --from");
  });
});
