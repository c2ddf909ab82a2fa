import fc from "fast-check";
import { expect, it } from "vitest";
import {
  byRisk,
  type ExposedSource,
  type ExposedVulnerability,
  type FixFirstItem,
  fixFirst,
  riskOf,
} from "./fix-first.ts";
import { coverOf } from "./fix-first-cover.ts";
import { fixFirstInServices } from "./fix-first-services.ts";

function aVulnerability(changes: Partial<ExposedVulnerability> = {}): ExposedVulnerability {
  return {
    id: "CVE-2026-1000",
    hosts: 1,
    ...{ exposedHosts: 0, loweredHosts: 0, loweredExposedHosts: 0 },
    isClearedByOffer: true,
    fixedVersion: "2",
    facts: null,
    ...changes,
  };
}

function aSource(changes: Partial<ExposedSource> = {}): ExposedSource {
  return {
    ecosystem: "Debian:12",
    source: "openssl",
    offeredVersion: "2",
    hosts: 1,
    exposedHosts: 0,
    vulnerabilities: [aVulnerability()],
    ...changes,
  };
}

const kev = { addedAt: 0, dueAt: null, isRansomware: false };
const none = { kev: null, epss: null, ssvc: null, cvss: [] };

it("puts what can be done now before what cannot, then known exploitation, then risk", () => {
  const order = fixFirst([
    aSource({ source: "many", vulnerabilities: [aVulnerability({ hosts: 500 })] }),
    aSource({
      source: "exploited",
      vulnerabilities: [aVulnerability({ facts: { ...none, kev } })],
    }),
    aSource({
      source: "unfixed",
      offeredVersion: null,
      vulnerabilities: [
        aVulnerability({ isClearedByOffer: false, fixedVersion: null, facts: { ...none, kev } }),
      ],
    }),
  ]);
  expect(order.map((item) => item.target.source)).toEqual(["exploited", "many", "unfixed"]);
  expect(order[2]?.remedy).toBe("no-fix");
});

it("counts a tenth where the runtime policy lowers it, and moves nothing exploited there to the front", () => {
  const of = (source: string, changes: Partial<ExposedVulnerability>): ExposedSource =>
    aSource({ source, vulnerabilities: [aVulnerability(changes)] });
  const order = fixFirst([
    of("idle", { hosts: 40, loweredHosts: 40, facts: { ...none, kev } }),
    of("runs", { hosts: 5, loweredHosts: 1 }),
    of("wide", { hosts: 10, exposedHosts: 10, loweredHosts: 10, loweredExposedHosts: 10 }),
  ]);
  expect(order.map(({ target, risk, lowered }) => [target.source, risk, lowered])).toEqual([
    ["idle", 404, ["CVE-2026-1000"]],
    ["runs", 4.1, []],
    ["wide", 2, ["CVE-2026-1000"]],
  ]);
  const [, runs] = order;
  expect(byRisk({ ...(order[0] as FixFirstItem), risk: 1 }, runs as FixFirstItem)).toBeGreaterThan(
    0,
  );
});

it("splits a source into what the update clears and what it does not", () => {
  const items = fixFirst([
    aSource({
      vulnerabilities: [
        aVulnerability({ id: "CVE-2026-1", hosts: 3 }),
        aVulnerability({ id: "CVE-2026-2", isClearedByOffer: false, fixedVersion: "3" }),
      ],
    }),
  ]);
  expect(items.map((item) => [item.remedy, item.vulnerabilities, item.findingsCleared])).toEqual([
    ["update-offered", ["CVE-2026-1"], 3],
    ["fixed-upstream-not-offered", ["CVE-2026-2"], 1],
  ]);
});

it("doubles the risk where every affected host is exposed", () => {
  const [inside] = fixFirst([aSource()]);
  const outsideOnly = { vulnerabilities: [aVulnerability({ exposedHosts: 1 })], exposedHosts: 1 };
  const [outside] = fixFirst([aSource(outsideOnly)]);
  expect(outside?.risk).toBe(2 * (inside?.risk ?? 0));
});

it("counts a flaw nobody scored as something, never as nothing", () => {
  expect(riskOf(null)).toBeGreaterThan(0);
  expect(riskOf(none)).toBeGreaterThan(0);
  expect(riskOf({ ...none, kev })).toBeGreaterThan(
    riskOf({ ...none, epss: { score: 1, percentile: 1 } }),
  );
});

it("tells what services have to raise as one item a version, beside what nothing mends", () => {
  const one = (id: string) => ({
    ...{ id, title: "", state: "affected-fix-available" as const, fixedVersion: "6.5.3" },
    ...{ isExploited: false, cvss: null, epss: null },
  });
  const action = (cleared: readonly string[], remaining: readonly string[] = []) => ({
    ...{ key: "npm qs", ecosystem: "npm", source: "qs", packages: [], since: 0 },
    ...{ target: cleared.length === 0 ? null : "6.5.3", hasOthersAtTarget: false },
    cleared: cleared.map(one),
    remaining: remaining.map(one),
  });
  const service = (name: string, exposure: string, actions: ReturnType<typeof action>[]) => ({
    ...{ name, labels: { exposure }, actions },
  });
  const items = fixFirstInServices(
    [
      service("shop", "internet", [action(["CVE-1", "CVE-2"])]),
      service("api", "internal", [action(["CVE-1"], ["CVE-3"])]),
    ],
    new Map(),
  );
  expect(items).toMatchObject([
    {
      ...{ remedy: "raise-in-services", services: ["api", "shop"], hosts: 0 },
      ...{ vulnerabilities: ["CVE-1", "CVE-2"], findingsCleared: 3 },
      target: { source: "qs", sourceVersion: "6.5.3" },
      // Two flaws of an exposed service count double, one of an internal service once.
      risk: 5 * riskOf(null),
    },
    { remedy: "no-fix", services: ["api"], vulnerabilities: ["CVE-3"], risk: riskOf(null) },
  ]);
});

const anySources = fc.array(
  fc.record({
    hosts: fc.integer({ min: 1, max: 9 }),
    exposed: fc.integer({ min: 0, max: 9 }),
    score: fc.integer({ min: 0, max: 10 }),
    isExploited: fc.boolean(),
    isCleared: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

function madeOf(drawn: (typeof anySources extends fc.Arbitrary<infer T> ? T : never)[number][]) {
  return drawn.map(({ hosts, exposed, score, isExploited, isCleared }, at) =>
    aSource({
      source: `s${at}`,
      hosts,
      vulnerabilities: [
        aVulnerability({
          ...{ id: `CVE-2026-${at}`, hosts, exposedHosts: Math.min(hosts, exposed) },
          isClearedByOffer: isCleared,
          facts: {
            ...none,
            kev: isExploited ? kev : null,
            cvss: [{ version: "3.1", vector: "", score, source: "nvd" } as never],
          },
        }),
      ],
    }),
  );
}

it("clears with the first updates, however many, as much as any as many could", () => {
  fc.assert(
    fc.property(anySources, (drawn) => {
      const items = fixFirst(madeOf(drawn)).filter((item) => item.remedy === "update-offered");
      for (const tier of [true, false]) {
        const own = items.filter((item) => item.knownExploited.length > 0 === tier);
        const best = bestBySize(own.map((item) => item.risk));
        let cleared = 0;
        for (const [at, item] of own.entries()) {
          cleared += item.risk;
          expect(cleared).toBeCloseTo(best[at + 1] ?? Number.NaN, 6);
        }
      }
    }),
  );
});

/** The most that any set of so many clears, by trying every set. */
function bestBySize(risks: readonly number[]): readonly number[] {
  const best: number[] = risks.concat(0).map(() => 0);
  for (let set = 0; set < 2 ** risks.length; set += 1) {
    const chosen = risks.filter((_, at) => (set >> at) % 2 === 1);
    const sum = chosen.reduce((total, risk) => total + risk, 0);
    best[chosen.length] = Math.max(best[chosen.length] ?? 0, sum);
  }
  return best;
}

it("adds up to all that is known: what updates clear, what waits for sources, what has no fix", () => {
  fc.assert(
    fc.property(anySources, (drawn) => {
      const items = fixFirst(madeOf(drawn));
      const { steps, clearable, uncleared, risk } = coverOf(items);
      const left = uncleared.reduce((sum, one) => sum + one.share, 0);
      expect(clearable + left).toBeCloseTo(risk === 0 ? 0 : 1, 9);
      expect(steps.map((step) => step.place)).toEqual(
        items.map((item, at) => (item.remedy === "update-offered" ? at + 1 : null)),
      );
      const last = steps.findLast((step) => step.place !== null);
      expect(last?.clearedSoFar ?? 0).toBeCloseTo(clearable, 9);
    }),
  );
});

it("says of equals which rule put one before the other", () => {
  const few = aSource({ source: "few", vulnerabilities: [aVulnerability({ hosts: 2 })], hosts: 2 });
  const two = [aVulnerability({ id: "CVE-2026-1" }), aVulnerability({ id: "CVE-2026-2" })];
  const { steps } = coverOf(
    fixFirst([
      few,
      aSource({ source: "b", vulnerabilities: two }),
      aSource({ source: "a", vulnerabilities: two }),
    ]),
  );
  expect(steps.map(({ item, because }) => [item.target.source, because])).toEqual([
    ["a", "It clears most of what is left."],
    ["b", "It clears as much as a before it, in as many places; the name decides."],
    ["few", "It clears as much as b before it, but in more places."],
  ]);
});
