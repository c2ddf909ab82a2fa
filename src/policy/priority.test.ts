import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import {
  cadenceJsonSchema,
  nextRide,
  parseCadence,
  type RideFacts,
  ridesFrom,
  ruleText,
  spacingMs,
  trainFor,
} from "./cadence.ts";
import { type CaseFacts, factNames, noFacts } from "./case-condition.ts";
import { classificationJsonSchema } from "./classification.ts";
import {
  byPriority,
  outcomes,
  parsePriority,
  prioritise,
  priorityJsonSchema,
  type Ranked,
} from "./priority.ts";

const read = (name: string) =>
  readFileSync(new URL(`../../policies/${name}`, import.meta.url), "utf8");
const shipped = parsePriority(read("priority.yaml"), "priority.yaml");
const facts = (changes: Partial<CaseFacts>): CaseFacts => ({
  ...{ ...noFacts, vulnerabilities: 1, hosts: 1 },
  ...changes,
});

describe("the priority table", () => {
  it.each<[Partial<CaseFacts>, string]>([
    [{ kev: 1, exposed: true }, "act"],
    [{ kev: 1, tier: 1 }, "act"],
    [{ active: 1, data: 3 }, "act"],
    [{ kev: 1 }, "attend"],
    [{ epss: 0.3, exposed: true }, "attend"],
    [{ proof: 1, automatable: 1, exposed: true }, "attend"],
    [{ cvss: 9.8, tier: 0 }, "attend"],
    [{ cvss: 9.8 }, "track*"],
    [{ unscored: 1, exposed: true }, "track*"],
    [{ cvss: 5 }, "track"],
    [{}, "track"],
  ])("gives %j the outcome %s", (changes, outcome) => {
    expect(prioritise(shipped, facts(changes)).outcome).toBe(outcome);
  });

  it("shows the path: each condition up to what decided it, with its values", () => {
    const { path, by } = prioritise(shipped, facts({ kev: 1, tier: 1 }));
    expect(by.rule).toBe("exploited, on what must not fail or what must not leak");
    expect(path.map(({ steps }) => steps)).toEqual([
      [
        { condition: "kev > 0 || active > 0", held: true, values: { kev: 1, active: 0 } },
        { condition: "exposed", held: false, values: { exposed: false } },
      ],
      [
        { condition: "kev > 0 || active > 0", held: true, values: { kev: 1, active: 0 } },
        { condition: "tier <= 1 || data >= 2", held: true, values: { tier: 1, data: 0 } },
      ],
    ]);
  });

  it("goes one step down where the runtime policy lowers all of it, and says from what", () => {
    for (const given of [{ kev: 1, exposed: true }, { cvss: 8 }, {}]) {
      const before = prioritise(shipped, facts(given));
      const after = prioritise(shipped, facts({ ...given, lowered: true }));
      const at = outcomes.indexOf(before.outcome);
      expect(outcomes.indexOf(after.outcome)).toBe(Math.min(at + 1, outcomes.length - 1));
      expect(after.loweredFrom).toBe(before.outcome === "track" ? undefined : before.outcome);
      expect(after.by).toEqual(before.by);
    }
  });

  it("never lowers a case because more of it is known to be exploited or exposed", () => {
    const fact = fc.record({
      ...{ kev: fc.nat(2), active: fc.nat(2), proof: fc.nat(2), automatable: fc.nat(2) },
      ...{ cvss: fc.integer({ min: 0, max: 10 }), tier: fc.nat(3), data: fc.nat(3) },
      exposed: fc.boolean(),
    });
    const place = (changes: Partial<CaseFacts>) =>
      outcomes.indexOf(prioritise(shipped, facts(changes)).outcome);
    fc.assert(
      fc.property(fact, (given) => {
        expect(place({ ...given, kev: given.kev + 1 })).toBeLessThanOrEqual(place(given));
        expect(place({ ...given, exposed: true })).toBeLessThanOrEqual(place(given));
      }),
    );
  });

  it("knows user segments, and refuses what it does not know", () => {
    const own = (when: string) =>
      parsePriority(
        `kind: priority\nrules:\n  - {name: a, when: [${JSON.stringify(when)}], outcome: act}\n  - {name: b, when: ["true"], outcome: track}\n`,
        "own.yaml",
      );
    const policy = own('"customers" in segments');
    expect(prioritise(policy, facts({ segments: ["customers"] })).outcome).toBe("act");
    expect(prioritise(policy, facts({ segments: ["staff"] })).outcome).toBe("track");
    expect(() => own("segment == 1")).toThrow(/own\.yaml, rule "a"/);
    for (const name of factNames) expect(read("classification.yaml")).toMatch(new RegExp(name));
  });
});

it("orders cases of one outcome by deadline, EPSS, reach and age, the same way each time", () => {
  const ranked: fc.Arbitrary<Ranked> = fc.record({
    outcome: fc.constantFrom(...outcomes),
    deadlineAt: fc.option(fc.nat(5), { nil: null }),
    epss: fc.constantFrom(0, 0.1, 0.9),
    hosts: fc.nat(3),
    number: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.uniqueArray(ranked, { selector: ({ number }) => number }), (cases) => {
      const sorted = cases.toSorted(byPriority);
      expect(cases.toReversed().toSorted(byPriority)).toEqual(sorted);
      for (const [at, one] of sorted.entries()) {
        for (const later of sorted.slice(at + 1)) expect(byPriority(one, later)).toBeLessThan(0);
      }
    }),
  );
});

describe("release trains", () => {
  const policy = parseCadence(read("cadence.yaml"), "cadence.yaml");
  const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
  const ride = (kind: "security" | "functional", of: Partial<RideFacts>) => {
    const train = trainFor(policy, { product: "openssl", kind, services: [] })!;
    const found = nextRide(train, {
      ...{ readyAt: day("2026-11-22"), lastOutage: null, support: null },
      ...of,
    });
    return [new Date(found.at).toISOString().slice(0, 10), found.because.length];
  };

  it("take a case to the next day of its rule, after the time it needs to be ready", () => {
    expect(ride("security", {})).toEqual(["2026-11-24", 0]);
    // Ready on Monday at noon, with a day's lead: Tuesday is missed.
    expect(ride("security", { readyAt: day("2026-11-23") + DAY_MS / 2 })).toEqual([
      "2026-12-01",
      0,
    ]);
    expect(ride("functional", {})).toEqual(["2026-12-08", 0]);
    expect(ride("functional", { readyAt: day("2026-12-06") })).toEqual(["2027-01-12", 0]);
  });

  it("leave earlier where support ends before, and later where the availability target says so", () => {
    const support = (endsAt: string) => ({ of: "Debian:12", endsAt: day(endsAt) });
    const lastOutage = { of: "web-1", at: day("2026-12-05") };
    expect(ride("functional", { support: support("2026-12-01") })).toEqual(["2026-12-01", 1]);
    expect(ride("functional", { support: support("2026-12-09") })).toEqual(["2026-12-08", 0]);
    expect(ride("functional", { support: support("2026-11-01") })).toEqual(["2026-12-08", 0]);
    // The pause would go beyond the end of support, the train's own date does not.
    expect(ride("functional", { lastOutage, support: support("2026-12-31") })).toEqual([
      "2026-12-08",
      1,
    ]);
    const rider = { product: "x", kind: "functional", services: [] } as const;
    const monthly = trainFor(policy, rider)!;
    // 0.1 % of a week and a bit is ten minutes.
    expect(Math.round(spacingMs(monthly) / DAY_MS)).toBe(7);
    expect(ride("functional", { lastOutage })).toEqual(["2027-01-12", 1]);
    expect(nextRide(monthly, { readyAt: day("2026-11-22"), lastOutage, support: null })).toEqual({
      ...{ train: "everything else, monthly", at: day("2027-01-12") },
      because: [
        "web-1 was last taken down by a patch on 2026-12-05, and 99.9 % allows one outage of 10 min in 7 days",
      ],
    });
    // A pause that ends before the next date anyway moves nothing and says nothing.
    const early = { of: "web-1", at: day("2026-11-20") };
    expect(ride("functional", { lastOutage: early })).toEqual(["2026-12-08", 0]);
  });

  it("carry only what services that they name run on, and tell their own dates", () => {
    const text = `kind: cadence
trains:
  - {name: till, products: ["*"], services: ["till*"], every: month, on: last friday, availability: 99.99%, outage: 10m}
  - {name: rest, products: ["*"], every: week, on: tuesday}
`;
    const own = parseCadence(text, "own.yaml");
    const rider = { product: "openssl", kind: "security" } as const;
    const till = trainFor(own, { ...rider, services: ["web", "till-2"] })!;
    expect(till.name).toBe("till");
    expect(trainFor(own, { ...rider, services: ["web"] })?.name).toBe("rest");
    expect(trainFor(own, { ...rider, services: [] })?.name).toBe("rest");
    expect(ruleText(till)).toBe("every month on the last friday");
    const days = ridesFrom(till, day("2026-11-22"), 3).map((at) => new Date(at).toISOString());
    expect(days.map((at) => at.slice(0, 10))).toEqual(["2026-11-27", "2026-12-25", "2027-01-29"]);
    expect(Math.round(spacingMs(till) / DAY_MS)).toBe(69);
  });

  it("fall on the right weekday and place for any day to start from", () => {
    fc.assert(
      fc.property(fc.integer({ min: 18_000, max: 30_000 }), (from) => {
        const [monthly] = ride("functional", { readyAt: from * DAY_MS });
        const date = new Date(`${monthly}T00:00:00Z`);
        expect([date.getUTCDay(), Math.ceil(date.getUTCDate() / 7)]).toEqual([2, 2]);
        expect(date.getTime()).toBeGreaterThanOrEqual((from + 3) * DAY_MS);
        expect(date.getTime()).toBeLessThan((from + 3 + 36) * DAY_MS);
      }),
    );
  });

  it.each([
    ["every: week\n", "every: weekly\n", /every/],
    ["on: tuesday", "on: 2nd tuesday", /goes with a weekday alone/],
    ["on: 2nd tuesday", "on: 5th tuesday", /write a weekday/],
    ["availability: 99.9%", "availability: 100%", /from 50% to below 100%/],
    ["    outage: 10m\n", "", /availability and outage go together/],
  ])("refuse %s as %s", (from, to, says) => {
    expect(() => parseCadence(read("cadence.yaml").replace(from, to), "own.yaml")).toThrow(says);
  });
});

// After an edit of a schema: node -e 'import("./src/policy/priority.ts").then((m) =>
// console.log(JSON.stringify(m.priorityJsonSchema())))' > policies/priority.schema.json, formatted.
it.each([
  ["classification", classificationJsonSchema],
  ["priority", priorityJsonSchema],
  ["cadence", cadenceJsonSchema],
])("publishes the schema of the %s policy that is used", (name, schema) => {
  expect(JSON.parse(read(`${name}.schema.json`))).toEqual(schema());
});
