import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { dueDate, dueInWords, effectiveDate, periodEnd, shortest } from "./deadline-date.ts";
import {
  effectiveDeadline,
  exceptionProblems,
  type GrantedException,
} from "./deadline-exception.ts";
import { type KnownInputs, type Preset, ruling } from "./deadline-preset.ts";
import { presetOf, presets } from "./deadline-presets.ts";

function period(preset: string, known: KnownInputs): string {
  return dueInWords(ruling(presetOf(preset)!, known).row.due);
}

describe("the presets", () => {
  it.each<[preset: string, known: KnownInputs, expected: string]>([
    ["bod-26-04", { kev: true, exposed: true, automatable: false, total: true }, "3 days"],
    ["bod-26-04", { kev: true, exposed: false, automatable: false, total: true }, "14 days"],
    ["bod-26-04", { kev: false, exposed: false, automatable: true, total: false }, "60 days"],
    ["bod-26-04", { kev: false, exposed: false, automatable: false }, "next upgrade"],
    ["bod-26-04", {}, "14 days"],
    ["pci-dss-6.3.3", { severity: "critical" }, "1 month"],
    ["pci-dss-6.3.3", { cvss: 7 }, "30 days"],
    ["pci-dss-6.3.3", { cvss: 6.9 }, "90 days"],
    ["pci-dss-6.3.3", { severity: "low" }, "180 days"],
    ["pci-dss-6.3.3", { severity: "none" }, "no deadline"],
    ["pci-dss-11.3.1", { severity: "high" }, "3 months"],
    ["pci-dss-11.3.1", { severity: "medium" }, "no deadline"],
    ["pci-dss-11.3.2", { exposed: true, cvss: 4 }, "3 months"],
    ["pci-dss-11.3.2", { exposed: true, cvss: 3.9 }, "no deadline"],
    ["pci-dss-11.3.2", { exposed: false, cvss: 10 }, "no deadline"],
    ["fedramp-vdr", { level: "N5", likely: true, exposed: true }, "2 days"],
    ["fedramp-vdr", { level: "N4", likely: true, exposed: true }, "4 days"],
    ["fedramp-vdr", { level: "N3", likely: true, exposed: false }, "32 days"],
    ["fedramp-vdr", { level: "N2", likely: true, exposed: false }, "128 days"],
    ["fedramp-vdr", { level: "N4", likely: false, exposed: true }, "64 days"],
    ["fedramp-vdr", { level: "N2", likely: false, exposed: false }, "192 days"],
    ["fedramp-vdr", { level: "N1" }, "no deadline"],
    ["fedramp-vdr-high", { level: "N5", likely: true, exposed: true }, "12 hours"],
    ["fedramp-vdr-high", { level: "N5", likely: true, exposed: false }, "1 day"],
    ["fedramp-vdr-high", { level: "N5", likely: false }, "8 days"],
    ["fedramp-legacy", { severity: "critical" }, "30 days"],
    ["fedramp-legacy", { severity: "medium" }, "90 days"],
    ["fedramp-legacy", { severity: "low" }, "180 days"],
    ["nerc-cip-007-6", {}, "70 days"],
    ["cis-8.1", {}, "1 month"],
    ["essential-eight", { exposed: true, severity: "critical" }, "48 hours"],
    ["essential-eight", { exposed: true, severity: "low", exploit: true }, "48 hours"],
    ["essential-eight", { exposed: true, severity: "low", kev: true }, "48 hours"],
    ["essential-eight", { exposed: true, severity: "high", exploit: false }, "14 days"],
    ["essential-eight", { exposed: false, severity: "critical" }, "1 month"],
    ["essential-eight-3", { exposed: false, severity: "critical" }, "48 hours"],
    ["cyber-essentials", { severity: "high" }, "14 days"],
    ["cyber-essentials", { cvss: 7 }, "14 days"],
    ["cyber-essentials", { cvss: 6.9 }, "no deadline"],
    ["hipaa", { severity: "critical" }, "15 days"],
    ["hipaa", { severity: "high" }, "30 days"],
    ["house", { kev: true, exposed: true, automatable: true, total: true }, "3 days"],
    ["house", { kev: false, exposed: true, automatable: false, total: true, cvss: 9 }, "7 days"],
    ["house", { kev: false, exposed: false, automatable: false, cvss: 9.8 }, "14 days"],
    ["house", { kev: false, exposed: false, automatable: true, severity: "high" }, "30 days"],
    ["house", { kev: false, exposed: false, automatable: true, severity: "medium" }, "60 days"],
    ["house", { kev: false, exposed: false, automatable: false, severity: "medium" }, "90 days"],
    ["house", { kev: false, exposed: false, automatable: false, severity: "none" }, "next upgrade"],
    // Nobody scored it: what BOD 26-04 asks for where that is shorter, else 30 days and no week.
    ["house", { kev: false, exposed: false, automatable: false }, "30 days"],
    ["house", { kev: false, exposed: true, automatable: false, total: false }, "30 days"],
    ["house", { kev: false, exposed: true, automatable: false }, "14 days"],
    ["house", { kev: true, exposed: false, automatable: false, total: false }, "14 days"],
    ["house", { kev: false, exposed: true, automatable: true }, "3 days"],
    ["pci-dss-6.3.3", {}, "1 month"],
  ])("%s gives for %j %s", (preset, known, expected) => {
    expect(period(preset, known)).toBe(expected);
  });

  it("name every row once, and each row by its preset", () => {
    const ids = presets.flatMap((preset) => preset.rows.map(({ id }) => id));
    const own = ids.filter((id) => !id.startsWith("bod-26-04/"));
    expect(new Set(own).size).toBe(own.length);
    for (const preset of presets) {
      for (const { id } of preset.rows) expect(id).toMatch(/^[a-z0-9./-]+$/i);
    }
    expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
  });

  it("of the house never gives longer than BOD 26-04 or the floor by severity alone", () => {
    const answer = fc.option(fc.boolean());
    const known = fc.record({
      kev: answer,
      exposed: answer,
      automatable: answer,
      total: answer,
      cvss: fc.constantFrom(null, 0, 3.9, 4, 7, 8.9, 9, 10),
    });
    const floor = (k: KnownInputs): number => {
      const score = k.cvss ?? null;
      if (score === null) return 30;
      if (score >= 9) return (k.exposed ?? true) ? 7 : 14;
      return score >= 7 ? 30 : score >= 4 ? 90 : score > 0 ? 180 : Infinity;
    };
    const length = (preset: string, k: KnownInputs): number => {
      const { due } = ruling(presetOf(preset)!, k).row;
      return typeof due === "string" ? Infinity : due.amount;
    };
    fc.assert(
      fc.property(known, (k) => {
        expect(length("house", k)).toBe(Math.min(length("bod-26-04", k), floor(k)));
      }),
      { numRuns: 500 },
    );
  });
});

describe("what nobody knows", () => {
  it("is assumed as the source says and named, and only what the preset asks for", () => {
    const { inputs, assumed } = ruling(presetOf("bod-26-04")!, { kev: true, exposed: null });
    expect(inputs).toEqual({ kev: true, total: true, exposed: true, automatable: false });
    expect([...assumed].sort()).toEqual(["automatable", "exposed", "total"]);
    expect(ruling(presetOf("cis-8.1")!, {})).toMatchObject({ inputs: {}, assumed: [] });
  });

  it("never makes a period longer than the worse answer would", () => {
    const length = (preset: Preset, k: KnownInputs): number => {
      const { due } = ruling(preset, k).row;
      return typeof due === "string" ? Infinity : periodEnd(0, due);
    };
    for (const preset of presets) {
      for (const exposed of [true, false]) {
        expect(length(preset, {})).toBeLessThanOrEqual(length(preset, { exposed }));
      }
      for (const total of [true, false]) {
        expect(length(preset, {})).toBeLessThanOrEqual(length(preset, { total }));
      }
    }
  });
});

describe("a date", () => {
  const bod = presetOf("bod-26-04")!;
  const clock = { detections: [100 * DAY_MS], listedAt: null, releasedAt: null };

  it("runs from the earlier of listing and detection, and from the first sight of all", () => {
    const known = { kev: true, exposed: true, automatable: true, total: true };
    expect(dueDate(bod, known, clock)?.at).toBe(103 * DAY_MS);
    const listed = dueDate(bod, known, { ...clock, listedAt: 90 * DAY_MS });
    expect(listed).toMatchObject({ at: 93 * DAY_MS, startedBy: "listing" });
    const later = {
      ...clock,
      listedAt: 200 * DAY_MS,
      detections: [150, 100, 160].map((d) => d * DAY_MS),
    };
    expect(dueDate(bod, known, later)).toMatchObject({ at: 103 * DAY_MS, startedBy: "detection" });
    expect(dueDate(bod, known, { ...clock, detections: [] })).toBeNull();
  });

  it("runs from the release where the preset says so, and says when that is not known", () => {
    const cis = presetOf("cis-8.1")!;
    const released = Date.UTC(2026, 0, 31, 10);
    expect(dueDate(cis, {}, { ...clock, releasedAt: released })).toMatchObject({
      at: Date.UTC(2026, 1, 28, 10),
      startedBy: "release",
      isStartAssumed: false,
    });
    expect(dueDate(cis, {}, clock)).toMatchObject({ startedBy: "detection", isStartAssumed: true });
  });

  it("that counts is the earliest, and those without a date come last", () => {
    const known = { kev: false, exposed: false, automatable: false, severity: "high" as const };
    const all = presets.flatMap((preset) => dueDate(preset, known, clock) ?? []);
    const dates = all.flatMap(({ at }) => at ?? []);
    expect(effectiveDate(all)?.at).toBe(Math.min(...dates));
    const undated = dueDate(bod, known, clock)!;
    expect(effectiveDate([undated])?.row.due).toBe("next-upgrade");
    expect(effectiveDate([])).toBeNull();
    const none = dueDate(presetOf("pci-dss-11.3.2")!, known, clock)!;
    expect(effectiveDate([none, undated])?.preset).toBe("bod-26-04");
    expect(shortest([none, undated])?.preset).toBe("bod-26-04");
  });

  it("a month later is the same day, or the last of a shorter month", () => {
    expect(periodEnd(Date.UTC(2028, 0, 31), { amount: 1, unit: "months" })).toBe(
      Date.UTC(2028, 1, 29),
    );
    expect(periodEnd(Date.UTC(2026, 10, 30), { amount: 3, unit: "months" })).toBe(
      Date.UTC(2027, 1, 28),
    );
    expect(periodEnd(Date.UTC(2026, 3, 5, 1, 2), { amount: 3, unit: "months" })).toBe(
      Date.UTC(2026, 6, 5, 1, 2),
    );
  });
});

describe("an exception", () => {
  const exception: GrantedException = {
    owner: "ops",
    reason: "the vendor has no fix",
    compensatingControl: "port closed",
    approvedBy: "ciso",
    approvedAt: 10 * DAY_MS,
    expiresAt: 90 * DAY_MS,
    renewal: 0,
  };

  it("moves a date only while it runs, and the old date counts again after", () => {
    expect(effectiveDeadline(20 * DAY_MS, [exception], 30 * DAY_MS).at).toBe(90 * DAY_MS);
    expect(effectiveDeadline(20 * DAY_MS, [exception], 91 * DAY_MS)).toEqual({
      at: 20 * DAY_MS,
      by: null,
    });
    expect(effectiveDeadline(20 * DAY_MS, [exception], 5 * DAY_MS).by).toBeNull();
    expect(effectiveDeadline(95 * DAY_MS, [exception], 30 * DAY_MS).at).toBe(95 * DAY_MS);
    expect(effectiveDeadline(null, [exception], 30 * DAY_MS).at).toBeNull();
  });

  it.each<[Partial<GrantedException>, string]>([
    [{ owner: " " }, "owner"],
    [{ reason: "" }, "reason"],
    [{ compensatingControl: "" }, "compensating control"],
    [{ approvedBy: "" }, "approver"],
    [{ expiresAt: 101 * DAY_MS }, "longer than 90 days"],
    [{ expiresAt: 10 * DAY_MS }, "before it begins"],
    [{ renewal: 3 }, "renewed 2 times"],
  ])("with %j does not count", (change, why) => {
    const bad = { ...exception, ...change };
    expect(exceptionProblems(bad).join(" ")).toContain(why);
    expect(effectiveDeadline(20 * DAY_MS, [bad], 30 * DAY_MS).by).toBeNull();
    expect(exceptionProblems(exception)).toEqual([]);
  });
});
