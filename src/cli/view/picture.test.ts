import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aRollout, aTarget, someOutcomes } from "../../../test/builders/shown-rollout.ts";
import { pictureOf } from "./picture.ts";
import { freshTimes, shortClock } from "./sentence.ts";
import { columnsOf, cut, paint, plain, wrapped } from "./span.ts";

const NOW = Date.UTC(2026, 10, 21, 22, 10);
const options = { columns: 120, rows: 40, now: NOW, isConnected: true };
const text = (lines: ReturnType<typeof pictureOf>): string => lines.map(plain).join("\n");

describe("the picture of a rollout", () => {
  test("has a shape and a word for each state, the gate's evidence, budgets, and the hold", () => {
    const targets = [
      aTarget({}),
      aTarget({ name: "web-2", standing: "running", sentence: "at work: installs" }),
    ];
    const shown = text(pictureOf({ rollout: aRollout(), targets }, options));
    expect(shown).toContain("canary   ■▣  1 verified · 1 running");
    expect(shown).toContain("gate … 1 of 2 verified, 2 needed, soak 1 min");
    expect(shown).toContain("at once 1/2  failed 0/1 allowed");
    expect(shown).toContain("▣ web-2 running: at work: installs");
    expect(shown).toContain("no forecast: no host has finished yet");
    expect(shown).toContain("■ verified  ▣ running");
    expect(shown).toContain("Ctrl-C leaves; the rollout goes on.");
  });

  test("shows the forecast with its margin and where it comes from", () => {
    const forecast = {
      endsAt: "2026-11-21T22:38:00.000Z",
      marginSeconds: 360,
      measured: 8,
      basis: "own" as const,
      reason: null,
    };
    const shown = text(pictureOf({ rollout: aRollout({ forecast }), targets: [] }, options));
    expect(shown).toContain("forecast 22:38Z ±6 min (in 28 min), from 8 hosts so far");
    expect(shown).toContain("canary   ■▣  1 verified · 1 running");
  });

  test("keeps each wave in its rows while hosts come and go", () => {
    const [first] = aRollout().waves;
    const second = { ...first, number: 2, ring: "ring-1" } as NonNullable<typeof first>;
    const rollout = aRollout({ waves: [first, second] as never });
    const rowOf = (standings: readonly ("waiting" | "running" | "verified" | "failed")[]) => {
      const targets = standings.map((standing, i) => aTarget({ host: `h${i}`, standing }));
      return pictureOf({ rollout, targets }, { ...options, columns: 80 })
        .map(plain)
        .findIndex((line) => line.includes("ring-1"));
    };
    expect(rowOf(["waiting", "waiting"])).toBeGreaterThan(0);
    expect(rowOf(["running", "failed"])).toBe(rowOf(["waiting", "waiting"]));
    expect(rowOf(["verified", "verified"])).toBe(rowOf(["waiting", "waiting"]));
  });

  const states = ["passed", "ended", "open", "waiting"] as const;
  /** Waves of a large rollout, of which hosts are counted and not listed. */
  function manyWaves(count: number, openAt: number, opened: number, hosts: number) {
    const [first] = aRollout().waves;
    return Array.from({ length: count }, (_, at) => {
      const place = at < openAt ? 0 : at < openAt + opened ? 2 : 3;
      const verified = place === 0 ? hosts : place === 2 ? hosts - 1 : 0;
      const waiting = hosts - verified;
      const outcomes = { ...someOutcomes, hosts, verified, waiting, running: 0 };
      return { ...first!, number: at + 1, ring: `ring ${at + 1}`, state: states[place], outcomes };
    });
  }

  test("fits any number of waves into the screen, and never cuts off those under way", () => {
    const asked = fc.record({
      count: fc.integer({ min: 1, max: 64 }),
      openAt: fc.nat(63),
      opened: fc.integer({ min: 0, max: 2 }),
      hosts: fc.integer({ min: 1, max: 40_000 }),
      columns: fc.integer({ min: 80, max: 200 }),
      rows: fc.integer({ min: 24, max: 60 }),
    });
    fc.assert(
      fc.property(asked, ({ count, openAt, opened, hosts, columns, rows }) => {
        const waves = manyWaves(count, Math.min(openAt, count), opened, hosts);
        const rollout = aRollout({ waves } as never);
        const shown = pictureOf({ rollout, targets: [] }, { ...options, columns, rows });
        expect(shown.length).toBeLessThan(rows);
        const all = text(shown);
        expect(all).toContain("now: ");
        for (const wave of waves) {
          if (wave.state === "open") expect(all).toContain(` ${wave.ring} `);
        }
        // Every host is counted once, whether its wave has a row or not.
        const told = [...all.matchAll(/(\d+) (?:verified|waiting)(?= ·|$)/gm)];
        const sum = told.reduce((total, [, number]) => total + Number(number), 0);
        expect(sum).toBe(count * hosts);
      }),
    );
  });

  test("says in a row of its own how many waves have none, on both sides", () => {
    const rollout = aRollout({ waves: manyWaves(40, 20, 1, 250) } as never);
    const shown = text(pictureOf({ rollout, targets: [] }, { ...options, rows: 24 }));
    expect(shown).toMatch(/^ 14 waves before: 3500 verified$/m);
    expect(shown).toMatch(/^ 13 waves to come: 3250 waiting$/m);
    expect(shown).toMatch(/^ ring 20 {3}■{40} {2}250 verified$/m);
    expect(shown).toMatch(/^ ring 21 {3}■{39}□ {2}249 verified · 1 waiting$/m);
  });

  test("names hosts in trouble also where hosts are too many to be shown, and counts the rest", () => {
    const [wave] = aRollout().waves;
    const outcomes = { ...someOutcomes, hosts: 9000, verified: 8987, failed: 13, running: 0 };
    const troubled = Array.from({ length: 8 }, (_, at) =>
      aTarget({ name: `web-${at}`, standing: "failed", sentence: "failed with E_STEP" }),
    );
    const rollout = aRollout({ outcomes, waves: [{ ...wave!, outcomes }] } as never);
    const shown = text(pictureOf({ rollout, targets: [], troubled }, options));
    expect(shown).toContain("✗ web-7 failed: failed with E_STEP");
    expect(shown).toContain("and 5 more hosts");
    // Thirteen of nine thousand have a shape all the same.
    expect(shown).toMatch(/canary {3}■{39}✗ {2}/);
  });

  test("gives a wave as many rows before it opens as after", () => {
    for (const columns of [80, 120]) {
      const heights = (["waiting", "open"] as const).map((state) => {
        const waves = [{ ...aRollout().waves[0], state }] as never;
        return pictureOf({ rollout: aRollout({ waves }), targets: [] }, { ...options, columns })
          .length;
      });
      expect(heights[0]).toBe(heights[1]);
    }
  });

  test("counts hosts by shape where they are too many for the width", () => {
    const targets = Array.from({ length: 200 }, (_, i) =>
      aTarget({ host: `h${i}`, standing: i < 120 ? "verified" : "waiting" }),
    );
    const rollout = aRollout({
      waves: [{ ...aRollout().waves[0], outcomes: { ...someOutcomes, hosts: 200 } }] as never,
    });
    const shown = text(pictureOf({ rollout, targets }, options));
    expect(shown).toContain("■×120 verified  □×80 waiting");
  });

  test("lets no control character of a host through, whatever its name and words are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (hostile) => {
        const target = aTarget({ name: hostile, standing: "failed", sentence: hostile });
        const rollout = aRollout({ title: hostile, now: hostile, haltReason: hostile });
        const shown = pictureOf({ rollout, targets: [target] }, { ...options, columns: 80 });
        for (const line of shown) {
          expect(plain(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
  });
});

describe("lines of a terminal", () => {
  test("are never wider than asked, and lose nothing where they fit", () => {
    const words = fc.array(fc.constantFrom("abc", "日本", "é", "👍", "■▣", "x y"), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 60 }), (pieces, width) => {
        const line = pieces.map((piece) => ({ text: piece }));
        const shown = plain(cut(line, width));
        expect(columnsOf(shown)).toBeLessThanOrEqual(width);
        if (columnsOf(plain(line)) <= width) expect(shown).toBe(plain(line));
        else expect(shown.endsWith("…")).toBe(true);
      }),
    );
  });

  test("wrap at words, later ones indented", () => {
    expect(wrapped("now: the canary waits for one host", 16)).toEqual([
      "now: the canary",
      "  waits for one",
      "  host",
    ]);
  });

  test("carry no colour where nobody wants it", () => {
    const line = [{ text: "bad", tone: "bad" as const }];
    expect(paint(line, false)).toBe("bad");
    expect(paint(line, true)).toBe("\u001b[31mbad\u001b[0m");
  });

  test("say distances in time as they are now", () => {
    const said = "the gate is judged 2026-11-21T22:19:00.000Z (in 50 min)";
    expect(freshTimes(said, NOW)).toBe("the gate is judged 22:19Z (in 9 min)");
    expect(shortClock("2026-11-22T00:10:00Z", NOW)).toBe("2026-11-22 00:10Z");
  });
});
