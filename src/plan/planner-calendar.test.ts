import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aHost, aPlanInput, ISSUED_AT, testRings } from "../../test/builders/plan.ts";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import { parseCalendar } from "../calendar/calendar-policy.ts";
import type { Calendar } from "../calendar/model.ts";
import { parseRings } from "../policy/rings.ts";
import { checkPlan } from "./checker.ts";
import { parseLeaf } from "./leaf.ts";
import type { PlanInput } from "./model.ts";
import { exclusionToText } from "./plan-story.ts";
import { plan } from "./planner.ts";
import { blockerToText } from "./planner-report.ts";

/** Issued on Saturday, 2026-11-21 at 22:00 UTC. */
function calendarOf(text: string, others: Calendar["others"] = "open"): Calendar {
  const head = `format: fettle-calendar 1\nzone: UTC\nothers: ${others}\n`;
  return parseCalendar(head + text, "calendar.yaml").calendar;
}

const nightly = calendarOf(
  'windows:\n  - { name: night, hosts: all, zone: host, on: every day, at: "22:00", lasts: 4h }\n',
);

function leafWindows(input: PlanInput): ReadonlyMap<string, readonly string[]> {
  const planned = plan(input);
  if (planned.plan === null) throw new Error(planned.report.blocked.map(blockerToText).join());
  expect(checkPlan(planned, input, input.policy)).toEqual([]);
  const names = new Map(input.hosts.map((host) => [host.protocolId, host.name]));
  return new Map(
    planned.plan.leaves.map(({ text }) => {
      const leaf = parseLeaf(text);
      if (!leaf.ok) throw new Error(leaf.why);
      const { host, windows } = leaf.value;
      const shown = windows.map((w) => `${w.from - ISSUED_AT / 1000}+${w.to - w.from}`);
      return [names.get(host) ?? "", shown];
    }),
  );
}

const canaries = (...zones: (string | null)[]): PlanInput["hosts"] =>
  zones.map((zone, at) => aHost(`c${at + 1}`, { zone }));

describe("a plan under the calendar", () => {
  test("waits behind a release that closes, and tells of one that it only meets", () => {
    const calendar = calendarOf(
      [
        "releases:",
        '  - { name: erp-7, hosts: ring=canary, from: "2026-11-21T12:00", to: "2026-11-22T06:00", closes: true }',
        '  - { name: shop-3, hosts: all, from: "2026-11-23T00:00", to: "2026-11-24T00:00" }',
        "cab:",
        '  - { name: board, hosts: all, on: every wednesday, at: "10:00", lasts: 1h }',
        "",
      ].join("\n"),
    );
    const input = aPlanInput({ hosts: canaries(null), calendar });
    const made = plan(input);
    expect(checkPlan(made, input, input.policy)).toEqual([]);
    expect(made.plan?.waves[0]?.notBefore).toBe(ISSUED_AT + 8 * HOUR_MS);
    expect(made.report.warnings).toEqual([
      expect.stringMatching(
        /^Wave 1 of ring canary begins no sooner than 2026-11-22T06:00:00.000Z: .*erp-7/,
      ),
      "Wave 1 of ring canary meets the release shop-3, 2026-11-23T00:00:00.000Z to 2026-11-24T00:00:00.000Z.",
      "Wave 1 of ring canary meets the CAB meeting board, 2026-11-25T10:00:00.000Z to 2026-11-25T11:00:00.000Z.",
    ]);
  });

  test("gives each host the windows of its own wall clock", () => {
    const hosts = canaries("Europe/Berlin", "Asia/Tokyo", null);
    const found = leafWindows(aPlanInput({ hosts, calendar: nightly }));
    expect(found.get("c3")?.slice(0, 2)).toEqual(["0+14400", "86400+14400"]);
    // In Berlin it is 23:00, one of the four hours is gone; in Tokyo the next evening is in 15 hours.
    expect(found.get("c1")?.[0]).toBe("0+10800");
    expect(found.get("c2")?.[0]).toBe(`${15 * 3600}+14400`);
    expect(found.get("c1")).toHaveLength(8);
  });

  test("opens a host only where its ring and its calendar are both open", () => {
    const opens = 'opens: [{ days: [sun], from: "00:00", to: "06:00" }]';
    const policy = parseRings(testRings.replace("opens: always", opens));
    const found = leafWindows(aPlanInput({ hosts: canaries(null), calendar: nightly, policy }));
    // The ring opens at midnight, the window ends at two.
    expect(found.get("c1")).toEqual([`${2 * 3600}+7200`]);
  });

  test("leaves out hosts without time, says why, and when they open next", () => {
    const calendar = calendarOf(
      'freezes:\n  - { name: fair, hosts: env=shop, from: "2026-11-20T00:00", to: "2026-12-24T00:00", reason: the fair }\n',
    );
    const shop = aHost("shop", { labels: { ring: "canary", env: "shop" } });
    const { report, plan: made } = plan(aPlanInput({ hosts: [...canaries(null), shop], calendar }));
    expect(made?.leaves).toHaveLength(1);
    expect(report.excluded.map(({ because }) => exclusionToText(because))).toEqual([
      'the calendar leaves it no time before 2026-11-28T22:00:00.000Z: the freeze "fair" (calendar.yaml) holds until 2026-12-24T00:00:00.000Z: the fair; it opens next 2026-12-24T00:00:00.000Z',
    ]);
  });

  test("is not made where a whole ring has no time", () => {
    const calendar = calendarOf("", "closed");
    const { report } = plan(aPlanInput({ hosts: canaries(null), calendar }));
    expect(report.blocked.map(blockerToText)).toEqual([
      "Ring canary has no open time left before 2026-11-28T22:00:00.000Z, when the approval would end: no maintenance window selects this host, and the calendar keeps such hosts closed.",
    ]);
  });

  test("lets an emergency pass a freeze that says so, and windows where the file says so", () => {
    const calendar = calendarOf(
      'emergency: { windows: open }\nwindows:\n  - { name: w, hosts: all, on: every monday, at: "01:00", lasts: 1h }\nfreezes:\n  - { name: f, hosts: all, from: "2026-11-20T00:00", to: "2026-12-24T00:00", reason: r, emergency: passes }\n',
    );
    const input = aPlanInput({ hosts: canaries(null), calendar });
    expect(plan(input).plan).toBeNull();
    expect(leafWindows({ ...input, class: "emergency" }).get("c1")).toEqual([]);
  });

  test("tells windows that are shorter than jobs were seen to take", () => {
    const calendar = calendarOf(
      'windows:\n  - { name: w, hosts: all, on: every day, at: "01:00", lasts: 20m }\n',
    );
    const input = aPlanInput({ hosts: canaries(null, null), calendar, jobSeconds: 1_560 });
    expect(plan(input).report.warnings).toContain(
      "Of ring canary, 2 hosts have no window longer than 20 min, and one job in ten took longer than 26 min.",
    );
    expect(plan({ ...input, jobSeconds: 600 }).report.warnings.join()).not.toContain("20 min");
  });

  test("passes the checker whatever the calendar and the hosts are", () => {
    const label = fc.constantFrom("env=a", "env=b", "all");
    const hour = fc.integer({ min: 0, max: 23 }).map((h) => String(h).padStart(2, "0"));
    const entry = fc.record({ hosts: label, at: hour, lasts: fc.integer({ min: 1, max: 30 }) });
    const zone = fc.constantFrom(null, "Europe/Berlin", "America/New_York", "Asia/Kolkata");
    const host = fc.record({ zone, env: fc.constantFrom("a", "b", "c") });
    const calendar = fc.record({
      windows: fc.array(entry, { maxLength: 3 }),
      freezes: fc.array(entry, { maxLength: 2 }),
      others: fc.constantFrom("open" as const, "closed" as const),
    });
    fc.assert(
      fc.property(calendar, fc.array(host, { minLength: 1, maxLength: 6 }), (made, some) => {
        const list = (kind: string, of: typeof made.windows): string => {
          const lines = of.map(
            (e, at) =>
              `  - { name: ${kind}${at}, hosts: ${e.hosts}, zone: host, on: every day, at: "${e.at}:00", lasts: ${e.lasts}h${kind === "freezes" ? ", reason: r" : ""} }\n`,
          );
          return lines.length === 0 ? "" : `${kind}:\n${lines.join("")}`;
        };
        const text = list("windows", made.windows) + list("freezes", made.freezes);
        const hosts = some.map(({ zone: own, env }, at) =>
          aHost(`h${at}`, { zone: own, labels: { ring: "canary", env } }),
        );
        const input = aPlanInput({ hosts, calendar: calendarOf(text, made.others) });
        expect(checkPlan(plan(input), input, input.policy)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("does not change where the calendar says nothing", () => {
    const input = aPlanInput();
    const far = calendarOf(
      `freezes:\n  - { name: f, hosts: all, from: "2030-01-01T00:00", to: "2030-01-02T00:00", reason: r }\n`,
    );
    expect(plan({ ...input, calendar: far }).plan?.digest).toBe(plan(input).plan?.digest);
    expect(input.issuedAt + 7 * DAY_MS + HOUR_MS).toBeLessThan(Date.UTC(2030, 0, 1));
  });
});
