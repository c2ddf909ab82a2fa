import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import type { Vulnerability } from "../intel/model.ts";
import { candidateDates, earliestDeadline, knownInputs, type Sighting } from "./deadline.ts";
import { pausedDate, type Wait, waitsBetween } from "./deadline-pause.ts";
import { deadlinesJsonSchema, parseDeadlines } from "./deadline-policy.ts";
import { ruling } from "./deadline-preset.ts";
import { presetOf } from "./deadline-presets.ts";
import { dateSentence } from "./deadline-words.ts";
import { chosenScore, kindOf } from "./score-choice.ts";

const shippedText = readFileSync(new URL("../../policies/deadlines.yaml", import.meta.url), "utf8");
const shipped = parseDeadlines(shippedText, "deadlines.yaml");

// The sixteen rows written out one by one, apart from the code's own conditions: K E A T → days.
const rows: readonly (readonly [string, number | null, boolean])[] = [
  ["KEAT", 3, true],
  ["KEA-", 3, false],
  ["KE-T", 3, true],
  ["KE--", 14, false],
  ["K-AT", 3, true],
  ["K-A-", 14, false],
  ["K--T", 14, false],
  ["K---", 14, false],
  ["-EAT", 3, false],
  ["-EA-", 14, false],
  ["-E-T", 14, false],
  ["-E--", 60, false],
  ["--AT", 60, false],
  ["--A-", 60, false],
  ["---T", null, false],
  ["----", null, false],
];

describe("the BOD 26-04 table", () => {
  it.each(rows)("gives %s its days", (code, days, needsForensicTriage) => {
    const [kev, exposed, automatable, total] = [...code].map((letter) => letter !== "-");
    const { row } = ruling(presetOf("bod-26-04")!, {
      ...{ kev: !!kev, exposed: !!exposed, automatable: !!automatable, total: !!total },
    });
    const { due } = row;
    expect(typeof due === "string" ? null : due.amount).toBe(days);
    expect(row.needsForensicTriage === true).toBe(needsForensicTriage);
  });
});

const DETECTED = 100 * DAY_MS;

function aSighting(changes: Partial<Sighting> = {}): Sighting {
  return {
    vulnerability: "CVE-2026-0001",
    ecosystem: "Debian:12",
    source: "openssl",
    exposure: "unknown",
    presets: ["bod-26-04", "house"],
    detectedAt: DETECTED,
    waits: [],
    ...changes,
  };
}

function aVulnerability(changes: Partial<Vulnerability> = {}): Vulnerability {
  return {
    ...{ id: "CVE-2026-0001", title: "", publishedAt: null, status: "published" as const },
    ...{ cvss: [], kev: null, epss: null, ssvc: null },
    ...changes,
  };
}

function datesOf(sightings: readonly Sighting[], ...facts: readonly Vulnerability[]) {
  return candidateDates(shipped, sightings, new Map(facts.map((fact) => [fact.id, fact])));
}

describe("dates by the shipped policy", () => {
  it("count unknown exposure as exposed and say what they assumed", () => {
    const dates = datesOf([aSighting()], aVulnerability());
    expect(dates.map(({ preset, at, rule }) => [preset, at, rule])).toEqual([
      ["bod-26-04", DETECTED + 14 * DAY_MS, "bod-26-04/open-automatable-or-total"],
      ["house", DETECTED + 14 * DAY_MS, "house/open-automatable-or-total"],
    ]);
    expect(dates[0]?.assumed).toEqual(["total", "exposed", "automatable"]);
    expect(dateSentence(dates[0]!)).toBe(
      "CVE-2026-0001: not known to be exploited, total impact (assumed), exposed (assumed), not automatable (assumed) → 14 days",
    );
  });

  it("start at the earlier of the KEV listing and the detection", () => {
    const listed = (addedAt: number) =>
      aVulnerability({ kev: { addedAt, dueAt: null, isRansomware: false } });
    expect(datesOf([aSighting()], listed(90 * DAY_MS))[0]?.at).toBe(93 * DAY_MS);
    expect(datesOf([aSighting()], listed(200 * DAY_MS))[0]?.at).toBe(103 * DAY_MS);
  });

  it("are asked only of the hosts that a preset is for", () => {
    expect(datesOf([aSighting({ presets: ["bod-26-04"] })]).map(({ preset }) => preset)).toEqual([
      "bod-26-04",
    ]);
  });

  it("let the earliest count, and keep the earliest of each preset beside it", () => {
    const dates = datesOf(
      [aSighting({ exposure: "internal" }), aSighting({ vulnerability: "CVE-2026-0002" })],
      aVulnerability(),
    );
    const deadline = earliestDeadline(shipped, dates);
    expect(deadline).toMatchObject({ preset: "bod-26-04", vulnerability: "CVE-2026-0002" });
    expect(deadline?.candidates.map(({ preset }) => preset)).toEqual(["bod-26-04", "house"]);
    expect(earliestDeadline(shipped, [])).toBe(null);
  });

  it("stand still without a fix where the policy pauses them, and BOD 26-04 never does", () => {
    const waits = [{ from: DETECTED, to: null }];
    const dates = datesOf([aSighting({ waits })], aVulnerability());
    expect(dates.map(({ preset, at, pause }) => [preset, at, pause?.since ?? null])).toEqual([
      ["bod-26-04", DETECTED + 14 * DAY_MS, null],
      ["house", null, DETECTED],
    ]);
    expect(dates[1]?.pause?.wouldBe).toBe(DETECTED + 14 * DAY_MS);
  });
});

describe("a paused clock", () => {
  const days = (amount: number) => ({ amount, unit: "days" as const });
  const wait = (from: number, to: number | null): Wait => ({
    from: from * DAY_MS,
    to: to === null ? null : to * DAY_MS,
  });
  const at = (mode: "resume" | "restart", waits: readonly Wait[]) =>
    pausedDate({ start: 0, due: days(10), mode }, waits);

  it("goes on with what was left, or begins anew, as the policy says", () => {
    expect(at("resume", [wait(2, 5)])).toMatchObject({ at: 13 * DAY_MS, pausedMs: 3 * DAY_MS });
    expect(at("restart", [wait(2, 5)])).toMatchObject({ at: 15 * DAY_MS });
    expect(at("resume", [wait(2, null)])).toMatchObject({ at: null, pausedSince: 2 * DAY_MS });
  });

  it("leaves overdue what was overdue before the wait began", () => {
    expect(at("resume", [wait(11, null)])).toMatchObject({ at: 10 * DAY_MS, pausedSince: null });
    expect(at("restart", [wait(10, 20)])).toMatchObject({ at: 10 * DAY_MS });
  });

  it("counts exactly the time that it ran, whatever the waits", () => {
    const gaps = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(gaps, (pairs) => {
        let now = 0;
        const waits = pairs.map(([runs, stands]) => {
          const from = now + runs;
          now = from + stands;
          return wait(from, now);
        });
        const { at: end } = at("resume", waits);
        // The oracle counts day by day.
        let day = 0;
        let ran = 0;
        const stands = (d: number): boolean =>
          waits.some(({ from, to }) => d * DAY_MS >= from && to !== null && d * DAY_MS < to);
        while (ran < 10) {
          if (!stands(day)) ran += 1;
          day += 1;
        }
        expect(end).toBe(day * DAY_MS);
      }),
    );
  });

  it("waits whenever no offer lasts", () => {
    const offered = [wait(8, 9), wait(3, 5), wait(4, 6), wait(12, null)];
    expect(waitsBetween(0, offered)).toEqual([wait(0, 3), wait(6, 8), wait(9, 12)]);
    expect(waitsBetween(4 * DAY_MS, [wait(3, 5)])).toEqual([wait(5, null)]);
    expect(waitsBetween(0, [])).toEqual([wait(0, null)]);
  });
});

describe("the score that counts", () => {
  const score = (source: string, value: number, version = "3.1") => ({
    ...{ source, version, vector: `CVSS:${version}/x`, score: value },
  });

  it("is the vendor's, else of who assigned it, who enriched it, or NIST; never the mean", () => {
    const all = [score("nvd@nist.gov", 9.8), score("CISA-ADP", 8.1), score("openssl", 5)];
    const order = ["vendor", "cna", "adp", "nvd"] as const;
    expect(chosenScore(all, order, "Debian:12")).toMatchObject({ score: 5, by: "cna" });
    expect(chosenScore([...all, score("debian", 4)], order, "Debian:12")?.score).toBe(4);
    expect(chosenScore([...all, score("redhat", 4)], order, "Debian:12")?.score).toBe(5);
    expect(chosenScore(all, ["nvd"], null)).toMatchObject({ score: 9.8, by: "nvd" });
    expect(chosenScore(all, ["vendor"], "Debian:12")).toBe(null);
    expect(kindOf("redhat", "AlmaLinux:9")).toBe("vendor");
  });

  it("is of the newest CVSS that its publisher used", () => {
    const both = [score("acme", 9.8, "3.1"), score("acme", 8.7, "4.0")];
    expect(chosenScore(both, ["cna"], null)?.score).toBe(8.7);
  });
});

it("calls exploitation likely by evidence, unlikely only where somebody looked", () => {
  const likely = (changes: Partial<Vulnerability>) =>
    knownInputs(shipped, aSighting(), aVulnerability(changes)).likely;
  const ssvc = (exploitation: "none" | "poc" | "active") => ({
    ...{ exploitation, isAutomatable: false, technicalImpact: "partial" as const },
  });
  expect(likely({ epss: { score: 0.2, percentile: 0.9 } })).toBe(true);
  expect(likely({ ssvc: ssvc("active") })).toBe(true);
  expect(likely({ ssvc: ssvc("none"), epss: { score: 0.01, percentile: 0.1 } })).toBe(false);
  expect(likely({ ssvc: ssvc("poc"), epss: { score: 0.01, percentile: 0.1 } })).toBe(null);
  expect(likely({})).toBe(null);
});

// After an edit of the schema: node -e 'import("./src/triage/deadline-policy.ts").then((m) =>
// console.log(JSON.stringify(m.deadlinesJsonSchema())))' > policies/deadlines.schema.json, formatted.
it("publishes the schema of the policy that is used", () => {
  const file = new URL("../../policies/deadlines.schema.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(deadlinesJsonSchema());
});

describe("a deadline policy that cannot be used says where and why", () => {
  it.each<[string, string, string, RegExp]>([
    ["an unknown field", "scores:", "scorez: []\nscores:", /"scorez" is not known here/],
    [
      "an unknown preset",
      "preset: house",
      "preset: hose",
      /line \d+: presets\.1\.preset: no preset/,
    ],
    ["one preset twice", "preset: house", "preset: bod", /stands here twice/],
    ["a source twice", "[vendor, cna,", "[vendor, vendor,", /each source once/],
    [
      "exposed hosts that are all hosts",
      "exposed: exposure=public",
      'exposed: ""',
      /name the hosts/,
    ],
    ["a bad expression", "exposed: exposure=public", "exposed: a in (", /line \d+: exposed/],
  ])("%s", (_, from, to, says) => {
    expect(shippedText).toContain(from);
    expect(() => parseDeadlines(shippedText.replace(from, to), "own.yaml")).toThrow(says);
  });
});
