import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elevatedPermissions, elevationOver, scopesOver } from "../base/actor.ts";
import type { ChangeId, PlanDigest, SubjectId } from "../base/ids.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { permissions } from "../base/permission.ts";
import {
  ASK_LASTS_MS,
  askRefusal,
  counts,
  decideRefusal,
  dueEnd,
  type Elevation,
  elevationMoves,
  elevationStates,
  endCauses,
  grantedSpan,
  MINUTES_MAX,
  nextElevationState,
} from "./elevation.ts";
import { type ChangeState, changeStates } from "./model.ts";

const plan = "a".repeat(64) as PlanDigest;
const otherPlan = "b".repeat(64) as PlanDigest;
const asker = "asker" as SubjectId;

function anElevation(some: Partial<Elevation> = {}): Elevation {
  return {
    ...{ id: "e" as Elevation["id"], number: 3, change: "c" as ChangeId, plan, person: asker },
    ...{ minutes: 60, reason: "the rollout halts at night", state: "asked", askedAt: 0 },
    ...{ decidedBy: null, decidedAt: null, countsFrom: null, countsUntil: null },
    ...{ endedAt: null, endedBy: null, endCause: null, decidedWords: null, endedWords: null },
    ...some,
  };
}

const change = { number: 8, state: "approved" as ChangeState, plan, expiresAt: 1e9 };
const window = { from: 0, until: 1e9 };
const bob = { person: "bob" as SubjectId, isPerson: true };

describe("who decides", () => {
  test("nobody decides about what they asked for, neither yes nor no", () => {
    for (const verb of ["grant", "refuse"] as const) {
      const who = { person: asker, isPerson: true };
      const text = decideRefusal({ elevation: anElevation(), change, who, verb });
      expect(text).toContain("somebody else");
    }
  });

  test("a service is nobody's word, and is not elevated either", () => {
    const who = { person: "bot" as SubjectId, isPerson: false };
    expect(decideRefusal({ elevation: anElevation(), change, who, verb: "grant" })).toContain(
      "Only a person",
    );
    expect(askRefusal({ change, who, isOpenAlready: false, now: 0 })).toContain("Only a person");
  });

  test.each(elevationStates.filter((state) => state !== "asked"))(
    "one that is %s is decided by nobody any more",
    (state) => {
      const elevation = anElevation({ state });
      expect(decideRefusal({ elevation, change, who: bob, verb: "grant" })).not.toBeNull();
      expect(decideRefusal({ elevation, change, who: bob, verb: "refuse" })).not.toBeNull();
    },
  );

  test("another plan of the change has to be asked for anew", () => {
    const edited = { ...change, plan: otherPlan };
    const asked = { elevation: anElevation(), change: edited, who: bob };
    expect(decideRefusal({ ...asked, verb: "grant" })).toContain("another plan");
    expect(decideRefusal({ ...asked, verb: "refuse" })).toBeNull();
  });

  test("granted only while the change is approved or runs", () => {
    const allowed = changeStates.filter(
      (state) =>
        decideRefusal({
          ...{ elevation: anElevation(), who: bob, verb: "grant" },
          change: { ...change, state },
        }) === null,
    );
    expect(allowed).toEqual(["approved", "running"]);
  });
});

describe("who asks", () => {
  test("not for a change that is over, nor twice, nor after its times", () => {
    const asked = { who: bob, isOpenAlready: false, now: 5 };
    const states = changeStates.filter(
      (state) => askRefusal({ ...asked, change: { ...change, state } }) === null,
    );
    expect(states).toEqual(["requested", "approved", "running"]);
    expect(askRefusal({ ...asked, change, isOpenAlready: true })).toContain("already");
    expect(askRefusal({ ...asked, change, now: 1e9 })).toContain("over");
  });
});

describe("when it counts", () => {
  test("never before the window, past it, or longer than eight hours", () => {
    fc.assert(
      fc.property(
        fc.record({
          now: fc.integer({ min: 0, max: 1e9 }),
          minutes: fc.integer({ min: 1, max: 10_000 }),
          from: fc.integer({ min: 0, max: 1e9 }),
          length: fc.integer({ min: 0, max: 1e9 }),
        }),
        ({ now, minutes, from, length }) => {
          const within = { from, until: from + length };
          const span = grantedSpan({ now, minutes, window: within });
          if (span === null) return now >= within.until || length === 0;
          return (
            span.from >= now &&
            span.from >= within.from &&
            span.until <= within.until &&
            span.until > span.from &&
            span.until - span.from <= Math.min(minutes, MINUTES_MAX) * MINUTE_MS
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("half-open: the first instant is in it, the last is not", () => {
    const granted = anElevation({
      ...{ state: "granted", decidedBy: bob.person, countsFrom: 100, countsUntil: 200 },
    });
    const at = (now: number) => counts(granted, { change, isDisabled: false, now });
    expect([99, 100, 199, 200, 1e12].map(at)).toEqual([false, true, true, false, false]);
  });

  test("from its decision on it counts by a clock that is behind as well, and still ends by it", () => {
    const granted = anElevation({
      ...{ state: "granted", decidedBy: bob.person, decidedAt: 100 },
      ...{ countsFrom: 100, countsUntil: 200 },
    });
    const at = (now: number) => counts(granted, { change, isDisabled: false, now });
    expect([99, 100, 199, 200].map(at)).toEqual([true, true, true, false]);
  });

  test("an ask that nobody answers is over after a day, and with its change", () => {
    const of = { change: { ...change, window }, isDisabled: false };
    expect(dueEnd(anElevation(), { ...of, now: ASK_LASTS_MS - 1 })).toBeNull();
    expect(dueEnd(anElevation(), { ...of, now: ASK_LASTS_MS })).toBe("expired");
    const closed = { ...of.change, state: "withdrawn" as const };
    expect(dueEnd(anElevation(), { ...of, change: closed, now: 0 })).toBe("change-closed");
    const edited = { ...of.change, plan: otherPlan };
    expect(dueEnd(anElevation(), { ...of, change: edited, now: 0 })).toBe("replanned");
    expect(dueEnd(anElevation(), { ...of, isDisabled: true, now: 0 })).toBe("person-disabled");
    expect(dueEnd(anElevation({ state: "refused" }), { ...of, now: 1e12 })).toBeNull();
  });
});

type Step =
  | { readonly do: "ask" | "grant" | "refuse" | "end"; readonly who: number }
  | { readonly do: "wait"; readonly minutes: number }
  | { readonly do: "change"; readonly state: ChangeState }
  | { readonly do: "edit" | "disable" | "sweep" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("ask" as const, "grant", "grant", "refuse", "end"),
      who: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.nat({ max: 90 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      state: fc.constantFrom("approved", "running", ...changeStates),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("edit" as const, "disable", "sweep") }),
  },
);

describe("any order of events", () => {
  test("1,000 of them: it never counts but by another's word, in the window, for this plan", () => {
    const seen = { counted: 0 };
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 30 }), (sequence) => {
        const world = { now: 0, state: "approved" as ChangeState, plan, isDisabled: false };
        const span = { from: 30 * MINUTE_MS, until: 900 * MINUTE_MS };
        let one: Elevation | null = null;
        let isEnded = false;
        for (const step of sequence) {
          const of = {
            change: { ...change, state: world.state, plan: world.plan, window: span },
            isDisabled: world.isDisabled,
            now: world.now,
          };
          one = take(one, step, { ...of, span });
          if (step.do === "wait") world.now += step.minutes * MINUTE_MS;
          if (step.do === "change") world.state = step.state;
          if (step.do === "edit") world.plan = otherPlan;
          if (step.do === "disable") world.isDisabled = true;
          if (one === null) continue;
          const after = {
            change: { state: world.state, plan: world.plan },
            isDisabled: world.isDisabled,
            now: world.now,
          };
          const isOn = counts(one, after);
          if (one.state === "ended" || one.state === "refused") isEnded = true;
          if (!isOn) continue;
          seen.counted += 1;
          expect(one.decidedBy).not.toBeNull();
          expect(one.decidedBy).not.toBe(one.person);
          expect(isEnded).toBe(false);
          expect(world.now).toBeGreaterThanOrEqual(span.from);
          expect(world.now).toBeLessThan(span.until);
          expect(world.now).toBeLessThan((one.decidedAt ?? 0) + span.from + 480 * MINUTE_MS);
          expect(["approved", "running"]).toContain(world.state);
          expect([world.plan, world.isDisabled]).toEqual([one.plan, false]);
        }
      }),
      { numRuns: 1_000 },
    );
    // A model in which it never counts would prove nothing.
    expect(seen.counted).toBeGreaterThan(50);
  });
});

interface Now {
  readonly change: Parameters<typeof dueEnd>[1]["change"] & typeof change;
  readonly isDisabled: boolean;
  readonly now: number;
  readonly span: { readonly from: number; readonly until: number };
}

const people = [asker, bob.person, "carol" as SubjectId];

/** What the actions do, without a database. */
function take(one: Elevation | null, step: Step, of: Now): Elevation | null {
  const { now } = of;
  if (step.do === "ask" && one === null) {
    const who = { person: people[step.who] ?? asker, isPerson: true };
    const refusal = askRefusal({ change: of.change, who, isOpenAlready: false, now });
    return refusal === null
      ? anElevation({ person: who.person, askedAt: now, plan: of.change.plan, minutes: 480 })
      : null;
  }
  if (one === null) return null;
  if (step.do === "grant" || step.do === "refuse") {
    const who = { person: people[step.who] ?? asker, isPerson: true };
    if (decideRefusal({ elevation: one, change: of.change, who, verb: step.do }) !== null) {
      return one;
    }
    const decided = { ...one, decidedBy: who.person, decidedAt: now };
    if (step.do === "refuse") return { ...decided, state: "refused" };
    const span = grantedSpan({ now, minutes: one.minutes, window: of.span });
    if (span === null) return one;
    return { ...decided, state: "granted", countsFrom: span.from, countsUntil: span.until };
  }
  const isDue = step.do === "sweep" && dueEnd(one, of) !== null;
  if (step.do !== "end" && !isDue) return one;
  const state = nextElevationState(one.state, "end");
  return state === null ? one : { ...one, state, endedAt: now };
}

describe("what it lends", () => {
  const actor = {
    ...({ subject: asker, name: "asker", kind: "person", via: "session" } as const),
    grants: [{ role: "viewer", scope: [] }] as const,
    elevations: [{ id: "e", change: "c" as ChangeId }],
  };

  test("three rights over one change, and nothing over any other", () => {
    const lent = permissions.filter((one) => elevationOver(actor, one, "c" as ChangeId) !== null);
    expect(lent).toEqual(["rollout.read", "rollout.operate", "rollout.halt"]);
    expect(elevatedPermissions).not.toContain("change.approve");
    for (const one of permissions) {
      expect(elevationOver(actor, one, "other" as ChangeId)).toBeNull();
    }
    expect(scopesOver(actor, "rollout.operate", "c" as ChangeId)).toEqual([[]]);
    expect(scopesOver(actor, "rollout.operate", "other" as ChangeId)).toEqual([]);
    expect(scopesOver(actor, "change.approve", "c" as ChangeId)).toEqual([]);
  });

  test("not what the sign-in itself does not carry", () => {
    const weak = { ...actor, withheld: ["rollout.operate"] as const };
    expect(elevationOver(weak, "rollout.operate", "c" as ChangeId)).toBeNull();
    expect(elevationOver(weak, "rollout.halt", "c" as ChangeId)).not.toBeNull();
  });
});

test("the table, its SQL and the trigger agree", () => {
  const file = new URL("../db/migrations/0085-elevation.sql", import.meta.url);
  const text = readFileSync(file, "utf8");
  const listed = (name: string) =>
    [
      ...(new RegExp(`${name} check[^(]*\\([^(]*\\(([^)]*)\\)`).exec(text)?.[1] ?? "").matchAll(
        /'([a-z-]+)'/g,
      ),
    ].map((match) => match[1]);
  expect(listed("elevation_state")).toEqual([...elevationStates]);
  expect(listed("elevation_end_cause")).toEqual([...endCauses]);
  expect(elevationMoves.asked).toEqual({ grant: "granted", refuse: "refused", end: "ended" });
  expect(text).toContain("old.state = 'asked' and new.state in ('granted', 'refused', 'ended')");
  expect(text).toContain("old.state = 'granted' and new.state = 'ended'");
});
