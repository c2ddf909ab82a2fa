import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { deadlineFor, deadlineRow, earliestDeadline } from "./deadline.ts";

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
    const [K, E, A, T] = [...code].map((letter) => letter !== "-");
    expect(deadlineRow({ K: !!K, E: !!E, A: !!A, T: !!T })).toEqual({ days, needsForensicTriage });
  });
});

const unknown = {
  vulnerability: "CVE-2026-0001",
  isKnownExploited: false,
  isExposed: null,
  isAutomatable: null,
  isTotalImpact: null,
  kevListedAt: null,
  detectedAt: 100 * DAY_MS,
};

it("counts unknown exposure as exposed and unknown impact as total, and says what it assumed", () => {
  const deadline = deadlineFor(unknown);
  expect(deadline.at).toBe(114 * DAY_MS);
  expect(deadline.assumed).toEqual(["isExposed", "isAutomatable", "isTotalImpact"]);
  expect(deadline.rule).toMatch(/CVE-2026-0001: not known exploited, exposed, .* → 14 days/);
});

it("starts the clock at the earlier of the KEV listing and the detection", () => {
  const listed = { ...unknown, isKnownExploited: true, kevListedAt: 90 * DAY_MS };
  expect(deadlineFor(listed).at).toBe(93 * DAY_MS);
  expect(deadlineFor({ ...listed, kevListedAt: 200 * DAY_MS }).at).toBe(103 * DAY_MS);
});

it("gives no date for the next-upgrade rows and puts them last", () => {
  const undated = deadlineFor({ ...unknown, isExposed: false });
  expect(undated.at).toBe(null);
  expect(undated.rule).toMatch(/next upgrade/);
  expect(earliestDeadline([undated, deadlineFor(unknown)])?.at).toBe(114 * DAY_MS);
  expect(earliestDeadline([])).toBe(null);
});
