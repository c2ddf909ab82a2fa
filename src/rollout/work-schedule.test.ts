import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import { type HostGroup, scheduleWork, type Work } from "./work-schedule.ts";

const FROM = Date.UTC(2026, 10, 21, 22);

function work(groups: readonly HostGroup[], some: Partial<Work> = {}) {
  const usual = { from: FROM, atOnce: 2, jobMs: MINUTE_MS, atWork: 0, dueAt: null };
  return scheduleWork({ ...usual, groups, ...some });
}

describe("the work of a wave", () => {
  test("is done in rounds of as many hosts as may be worked on at once", () => {
    expect(work([{ hosts: 5, windows: [] }]).endsAt).toBe(FROM + 3 * MINUTE_MS);
  });

  test("lets a host begin only while it is open, and lets it end later", () => {
    const windows = [
      { from: FROM + 2 * HOUR_MS, to: FROM + 3 * HOUR_MS },
      { from: FROM, to: FROM + MINUTE_MS + 1 },
    ];
    expect(work([{ hosts: 4, windows }]).endsAt).toBe(FROM + 2 * MINUTE_MS);
    expect(work([{ hosts: 5, windows }]).endsAt).toBe(FROM + 2 * HOUR_MS + MINUTE_MS);
  });

  test("does not let closed hosts hold up the open ones", () => {
    const night = [{ from: FROM + HOUR_MS, to: FROM + 2 * HOUR_MS }];
    const done = work(
      [
        { hosts: 2, windows: night },
        { hosts: 4, windows: [] },
      ],
      { dueAt: FROM + 2 * MINUTE_MS },
    );
    expect(done).toEqual({
      endsAt: FROM + HOUR_MS + MINUTE_MS,
      stranded: 0,
      inTime: [0, 4],
    });
  });

  test("tells hosts that no window is left for", () => {
    const short = [{ from: FROM, to: FROM + 1 }];
    expect(work([{ hosts: 5, windows: short }])).toMatchObject({ stranded: 3 });
    expect(work([{ hosts: 2, windows: [{ from: 0, to: FROM }] }])).toEqual({
      endsAt: null,
      stranded: 2,
      inTime: [0],
    });
  });

  test("gives the places of hosts at work away when those are done", () => {
    expect(work([{ hosts: 1, windows: [] }], { atWork: 2 }).endsAt).toBe(FROM + 1.5 * MINUTE_MS);
  });

  test("is the shortest that so many places allow, whatever the groups are", () => {
    const group = fc.integer({ min: 0, max: 40 }).map((hosts) => ({ hosts, windows: [] }));
    fc.assert(
      fc.property(fc.array(group), fc.integer({ min: 1, max: 30 }), (groups, atOnce) => {
        const hosts = groups.reduce((sum, one) => sum + one.hosts, 0);
        const { endsAt } = work(groups, { atOnce });
        const rounds = Math.ceil(hosts / atOnce);
        expect(endsAt).toBe(hosts === 0 ? null : FROM + rounds * MINUTE_MS);
      }),
    );
  });
});
