import { expect, test } from "vitest";
import {
  aHost,
  aMove,
  aPlanInput,
  ISSUED_AT,
  movesOf,
  testRings,
} from "../../test/builders/plan.ts";
import { HOUR_MS } from "../base/instant.ts";
import { parseRings } from "../policy/rings.ts";
import { backupAt, backupToText } from "../policy/rings-tiers.ts";
import { partToText } from "../policy/rings-waves.ts";
import { checkPlan } from "./checker.ts";
import { noProcedures, type PlanInput } from "./model.ts";
import { plan } from "./planner.ts";
import { blockerToText } from "./planner-report.ts";

function tiered(rules: string, labels: readonly Record<string, string>[]): PlanInput {
  return aPlanInput({
    policy: parseRings(`${testRings}\ntiers: ${rules}\n`),
    hosts: labels.map((own, at) => aHost(`h${at}`, { labels: { ring: "canary", ...own } })),
  });
}

function texts(input: PlanInput): readonly string[] {
  const made = plan(input);
  expect(checkPlan(made, input, input.policy)).toEqual([]);
  return made.report.blocked.map(blockerToText);
}

test("a critical host without a young backup makes no plan, one without a tier as well", () => {
  const rules = "[{ tier: 0, backup: 24h }]";
  const good = { tier: "0", backup: "20261121T100000Z" };
  expect(texts(tiered(rules, [good, { tier: "3" }]))).toEqual([]);
  const old = { tier: "0", backup: "2026-11-20" };
  expect(texts(tiered(rules, [old, good, {}, { tier: "1" }]))).toEqual([
    "Hosts of tier 0 (or of none that they say) have no backup that is young enough, which the policy asks of them: h0, h2. Label backup of each host tells when it was backed up.",
  ]);
  expect(texts(tiered(rules, [{ tier: "0", backup: "20261122T100000Z" }]))).toHaveLength(1);
});

test("a tier that needs its way back has none of what somebody accepted", () => {
  const input = tiered("[{ tier: 0, wayBack: true }]", [{ tier: "0" }]);
  const [pair] = input.resolutions;
  const lost = movesOf([aMove({ oldSha256: null })]);
  const accepted = { isIrreversibleAcknowledged: true, resolutions: [{ ...pair!, outcome: lost }] };
  expect(texts({ ...input, ...accepted })).toHaveLength(1);
  expect(texts(input)).toEqual([]);
});

test("the most critical host of a plan says who must agree, and of a wave how long it soaks", () => {
  const rules = "[{ tier: 0, need: 4, soakFactor: 10 }, { tier: 1, need: 2, soakFactor: 2 }]";
  const needs = (tier: string) => {
    const input = tiered(rules, [{ tier }, { tier: "3" }]);
    const made = plan(input);
    expect(checkPlan(made, input, input.policy)).toEqual([]);
    return [made.plan?.need, made.plan?.waves[0]?.limits.soakSeconds];
  };
  expect(["0", "1", "3"].map(needs)).toEqual([
    [4, 600],
    [2, 120],
    [1, 60],
  ]);
});

test("tiers ask parties, and the first rule that fits a host names its procedure", () => {
  const rules = `[{ tier: 0, procedure: [security, operations] }, { tier: 1, procedure: [application] }]
procedures:
  - { procedure: db-back, when: service=db }
  - { procedure: web-back, when: "service in (web,shop)" }`;
  const asked = (...labels: Record<string, string>[]) => {
    const input = tiered(rules, labels);
    expect(texts(input)).toEqual([]);
    return plan(input).report.procedures;
  };
  expect(asked({ tier: "2", service: "db" })).toEqual(noProcedures);
  expect(asked({ tier: "1", service: "shop" }, { service: "db" }, { tier: "0" })).toEqual({
    parties: ["operations", "security", "application"],
    names: ["db-back", "web-back"],
    ...{ hosts: 3, uncovered: 1 },
  });
  for (const wrong of ["[]", "[boss]", "[security, security]", "security"]) {
    expect(() => tiered(`[{ tier: 0, procedure: ${wrong} }]`, [])).toThrow("procedure");
  }
});

test("a backup's time is a day from its beginning, or a second; anything else is none", () => {
  expect(backupAt({ backup: "2026-11-21" })).toBe(ISSUED_AT - 22 * HOUR_MS);
  expect(backupAt({ backup: "20261121T210000Z" })).toBe(ISSUED_AT - HOUR_MS);
  for (const backup of ["", "yes", "2026-13-01", "20261121", "20261121T250000Z"]) {
    expect(backupAt({ backup })).toBeNull();
  }
});

function inOrder(order: string, labels: readonly Record<string, string>[]): PlanInput {
  return aPlanInput({
    policy: parseRings(`${testRings}\norder: { ${order} }\n`),
    hosts: labels.map((own, at) => aHost(`h${at}`, { labels: { ring: "canary", ...own } })),
  });
}

/** `wave: hosts`, with the words of the wave's part. */
function wavesOf(input: PlanInput): readonly string[] {
  const made = plan(input);
  expect(checkPlan(made, input, input.policy)).toEqual([]);
  const names = new Map(input.hosts.map(({ id, name }) => [id, name]));
  return (made.plan?.waves ?? []).map(({ number, part }) => {
    const members = made.plan?.leaves.filter(({ wave }) => wave === number) ?? [];
    return `${partToText(part)}: ${members
      .map(({ host }) => names.get(host))
      .sort()
      .join(" ")}`;
  });
}

test("the least critical tiers of a ring come first, hosts without a tier with tier 0", () => {
  const labels = [{ tier: "0" }, { tier: "3" }, {}, { tier: "1" }, { tier: "3" }];
  expect(wavesOf(inOrder("tiers: descending", labels))).toEqual([
    "step 1 of 3, tier 3: h1 h4",
    "step 2 of 3, tier 1: h3",
    "step 3 of 3, tier 0: h0 h2",
  ]);
  expect(wavesOf(inOrder("tiers: off", labels))).toEqual([": h0 h1 h2 h3 h4"]);
  expect(wavesOf(inOrder("tiers: descending", [{}, { tier: "0" }]))).toEqual([": h0 h1"]);
});

test("what a service needs comes before it, however critical that is", () => {
  const labels = [
    { service: "web", tier: "3" },
    { service: "db", tier: "0" },
    { service: "db", tier: "2" },
  ];
  const order = "tiers: descending, services: [{ service: web, after: [db] }]";
  expect(wavesOf(inOrder(order, labels))).toEqual([
    "step 1 of 3, tier 2: h2",
    "step 2 of 3, tier 0: h1",
    "step 3 of 3, tier 3: h0",
  ]);
});

test("what is known of a backup is said in words, also where it proves nothing", () => {
  const said = (labels: Record<string, string>) => backupToText(labels, ISSUED_AT);
  expect(said({})).toBeNull();
  expect(said({ tier: "0" })).toMatch(/^No backup of this host of tier 0 is told\. .*backup=2026-/);
  expect(said({ backup: "yesterday" })).toMatch(/^Label backup says "yesterday", which is no time/);
  expect(said({ backup: "20261122T100000Z" })).toMatch(/which is to come and proves nothing/);
  expect(said({ backup: "20261121T213000Z" })).toContain("T21:30:00Z, 30 min ago");
  expect(said({ tier: "0", backup: "2026-11-21" })).toContain("2026-11-21T00:00:00Z, 22 h ago");
});
