import fc from "fast-check";
import { expect, it } from "vitest";
import type { RolloutId } from "../base/ids.ts";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import type { Forecast } from "../rollout/forecast.ts";
import { targetStates } from "../rollout/model.ts";
import { type HostsBehind, judgeBehind, type Known, verdicts, worst } from "./breach.ts";

const R = "r" as RolloutId;
const NOW = 1_000 * DAY_MS;
const DUE = NOW + 5 * DAY_MS;

function behind(changes: Partial<HostsBehind> = {}): HostsBehind {
  return {
    ...{ hosts: 2, names: ["a", "b"], isOffered: true, exceptedUntil: null, silentSince: null },
    ...{ plan: null, rollout: null },
    ...changes,
  };
}

function known(changes: Partial<Known> = {}): Known {
  return { deadlineAt: DUE, now: NOW, forecasts: new Map(), usual: null, ...changes };
}

const inRollout = (target: string | null) => behind({ rollout: { id: R, number: 7, target } });

function ends(endsAt: number, marginMs = HOUR_MS): Known {
  const told = { measured: 3, basis: "own", waves: [] } as const;
  const forecast: Forecast = { ...told, endsAt, marginMs, reason: null };
  return known({ forecasts: new Map([[R, forecast]]) });
}

const plan = (notBefore: number, notAfter: number) =>
  behind({ plan: { digest: "d".repeat(64), wave: 1, notBefore, notAfter } });

it.each<[string, HostsBehind, Known, string, RegExp]>([
  ["nothing offered", behind({ isOffered: false }), known(), "will-miss", /No source/],
  ["silent", behind({ silentSince: NOW - 9 * DAY_MS }), known(), "will-miss", /9 d/],
  ["nothing planned", behind(), known(), "may-miss", /Nothing is planned/],
  [
    "nothing planned, and cases take longer",
    behind(),
    known({ usual: { medianMs: 8 * DAY_MS, cases: 4 } }),
    "will-miss",
    /the last 4 cases took 8 d/,
  ],
  ["planned in time", plan(NOW, DUE), known(), "may-miss", /waits for approval/],
  ["planned too late", plan(DUE + 1, DUE + DAY_MS), known(), "will-miss", /after the date/],
  ["plan over", plan(NOW - DAY_MS, NOW - 1), known(), "will-miss", /never started/],
  ["rolling in time", inRollout("ready"), ends(NOW + DAY_MS), "in-time", /forecast to end/],
  ["rolling narrowly", inRollout("ready"), ends(DUE - 1), "may-miss", /give or take/],
  ["rolling too late", inRollout("applying"), ends(DUE + 1), "will-miss", /after the date/],
  ["no forecast", inRollout("ready"), known(), "unknown", /not known/],
  ["failed", inRollout("failed"), ends(NOW), "will-miss", /they are failed/],
  ["left out", inRollout(null), ends(NOW), "will-miss", /left them out/],
  ["applied, not seen", inRollout("done"), ends(NOW), "may-miss", /no fresh look/],
])("%s is told as what it is", (_, group, facts, verdict, says) => {
  const judged = judgeBehind(group, facts);
  expect(judged.verdict).toBe(verdict);
  expect(judged.sentence).toMatch(says);
});

it("calls every host that lacks it after the date missed, and none in time without a forecast", () => {
  const groups = fc.record({
    isOffered: fc.boolean(),
    silentSince: fc.option(fc.constant(NOW - DAY_MS), { nil: null }),
    target: fc.option(fc.constantFrom(...targetStates), { nil: null }),
    hasRollout: fc.boolean(),
  });
  fc.assert(
    fc.property(groups, ({ target, hasRollout, ...rest }) => {
      const group = behind({ ...rest, rollout: hasRollout ? { id: R, number: 1, target } : null });
      expect(judgeBehind(group, known({ deadlineAt: NOW - 1 })).verdict).toBe("missed");
      expect(judgeBehind(group, known()).verdict).not.toBe("in-time");
    }),
  );
});

it("takes the worst of a case's hosts for the case", () => {
  const judged = verdicts.map((verdict) => ({ verdict, sentence: "" }));
  expect(worst(judged.toReversed())).toBe("missed");
  expect(worst([])).toBe(null);
});

it("judges hosts on which the whole case is excepted by the end of that, others by its date", () => {
  const overdue = known({ deadlineAt: NOW - DAY_MS });
  expect(judgeBehind(behind(), overdue).verdict).toBe("missed");
  const until = NOW + 5 * DAY_MS;
  const excepted = judgeBehind(behind({ exceptedUntil: until }), overdue);
  expect(excepted.verdict).toBe("may-miss");
  expect(excepted.sentence).toMatch(/^Excepted until \d{4}-\d{2}-\d{2}\. Nothing is planned/);
  // An exception that ended, or ends before the date, moves nothing.
  expect(judgeBehind(behind({ exceptedUntil: NOW - 2 * DAY_MS }), overdue).verdict).toBe("missed");
});
