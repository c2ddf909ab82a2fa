import { describe, expect, test } from "vitest";
import { aRollout, aTarget, someOutcomes } from "../../../test/builders/shown-rollout.ts";
import { watchLine } from "./event-line.ts";
import { changesBetween, forecastNews, type Look } from "./watch-event.ts";

const AT = "2026-11-21T22:10:00.000Z";

function linesBetween(before: Look | null, after: Look): string[] {
  return changesBetween(before, after, AT).map(watchLine);
}

describe("what a log is told of a rollout", () => {
  const waiting = aTarget({ host: "h2", name: "web-2", standing: "waiting", sentence: "waits" });
  const first: Look = { rollout: aRollout(), targets: [aTarget({}), waiting] };

  test("is at first where everything stands, without the hosts that only wait", () => {
    expect(linesBetween(null, first)).toEqual([
      "web-1 verified: ",
      "wave 1, canary, open: 1 verified · 1 running; gate … 1 of 2 verified, 2 needed, soak 1 min; soaks for 1 min",
      "R-1 running: canary: 1 running",
    ]);
  });

  test("is nothing where only time has passed", () => {
    const later: Look = {
      ...first,
      rollout: aRollout({ now: "canary: 2 running", generation: 9 }),
    };
    expect(linesBetween(first, first)).toEqual([]);
    expect(linesBetween(first, later)).toEqual([]);
    const soaks = (text: string): Look => ({
      targets: [],
      rollout: aRollout({ now: `judged 2026-11-21T22:19:00.000Z (in ${text})` }),
    });
    expect(linesBetween(soaks("9 min"), soaks("8 min"))).toEqual([]);
  });

  test("is each host that moved, by its name", () => {
    const running = { ...waiting, standing: "running", sentence: "installs" } as const;
    expect(linesBetween(first, { ...first, targets: [aTarget({}), running] })).toEqual([
      "web-2 running: installs",
    ]);
  });

  test("is each twentieth of a wave, and each failure, where hosts are not told one by one", () => {
    const large = (verified: number, failed = 0): Look => {
      const outcomes = { ...someOutcomes, running: 0, verified, failed, hosts: 1000 };
      const [wave] = aRollout().waves;
      return { rollout: aRollout({ waves: [{ ...wave, outcomes }] as never }), targets: [] };
    };
    expect(linesBetween(large(10), large(40))).toEqual([]);
    expect(linesBetween(large(40), large(60))).toHaveLength(1);
    expect(linesBetween(large(40), large(41, 1))).toHaveLength(1);
  });

  test("is the forecast when there is one, when it leaves its margin, and when it is lost", () => {
    const none = {
      endsAt: null,
      marginSeconds: null,
      basis: "none" as const,
      measured: 0,
      reason: "no host",
    };
    const at = (endsAt: string) => ({
      ...{ endsAt, marginSeconds: 60, measured: 2, reason: null },
      basis: "own" as const,
    });
    const early = at("2026-11-21T22:38:00.000Z");
    const lines = (told: typeof none | typeof early | null, forecast: typeof none | typeof early) =>
      forecastNews(told, aRollout({ forecast }), AT).map(watchLine);
    expect(lines(null, none)).toEqual([]);
    expect(lines(null, early)).toEqual([
      "forecast: done 2026-11-21 22:38:00Z ±60 s, from 2 hosts so far",
    ]);
    expect(lines(early, at("2026-11-21T22:38:50.000Z"))).toEqual([]);
    expect(lines(early, at("2026-11-21T22:39:10.000Z"))).toHaveLength(1);
    expect(lines(early, none)).toEqual(["no forecast any more: no host"]);
  });
});
