import { expect, it } from "vitest";
import { type ExposedSource, type ExposedVulnerability, fixFirst, riskOf } from "./fix-first.ts";
import { fixFirstInServices } from "./fix-first-services.ts";

function aVulnerability(changes: Partial<ExposedVulnerability> = {}): ExposedVulnerability {
  return {
    id: "CVE-2026-1000",
    hosts: 1,
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
  const [outside] = fixFirst([aSource({ exposedHosts: 1 })]);
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
