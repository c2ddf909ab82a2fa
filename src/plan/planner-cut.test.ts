import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aHost, aMove, aPlanInput, movesOf, testRings } from "../../test/builders/plan.ts";
import { parseCalendar } from "../calendar/calendar-policy.ts";
import { parseRings } from "../policy/rings.ts";
import { partToText } from "../policy/rings-waves.ts";
import { checkPlan } from "./checker.ts";
import type { PlanHost, PlanInput, Planned } from "./model.ts";
import { plan } from "./planner.ts";
import { blockerToText } from "./planner-report.ts";

/** Ring 2, cut as given; no host is in another ring. */
function cutting(waves: string, hosts: readonly PlanHost[], some: Partial<PlanInput> = {}) {
  const text = testRings.replace("hosts: ring=2", `hosts: ring=2\n    waves: ${waves}`);
  return aPlanInput({ policy: parseRings(text), hosts, ...some });
}

function hostsOf(labels: readonly Record<string, string>[], some: Partial<PlanHost> = {}) {
  return labels.map((label, at) => aHost(`h${at}`, { ...some, labels: { ring: "2", ...label } }));
}

/** `part hosts` of each wave, judged first. */
function wavesOf(input: PlanInput): readonly string[] {
  const made = plan(input);
  expect(checkPlan(made, input, input.policy)).toEqual([]);
  expect(made.report.blocked).toEqual([]);
  return (made.plan?.waves ?? []).map((w) => `${partToText(w.part)}: ${w.hostCount}`);
}

function namesIn(input: PlanInput, made: Planned, wave: number): string[] {
  const names = new Map(input.hosts.map((host) => [host.id, host.name]));
  const leaves = made.plan?.leaves.filter((leaf) => leaf.wave === wave) ?? [];
  return leaves.map((leaf) => names.get(leaf.host) ?? "").sort();
}

const many = (count: number, zones: readonly string[] = ["a"]) =>
  Array.from({ length: count }, (_, at) => ({ zone: zones[at % zones.length] ?? "" }));

describe("a ring is cut", () => {
  test("by shares that count from its beginning, rounded down, never to nothing", () => {
    const percent = "{ percent: [1, 5, 25, 100] }";
    expect(wavesOf(cutting(percent, hostsOf(many(50))))).toEqual([
      "up to 1 %: 1",
      "up to 5 %: 1",
      "up to 25 %: 10",
      "up to 100 %: 38",
    ]);
    expect(wavesOf(cutting(percent, hostsOf(many(3))))).toEqual(["up to 1 %: 1", "up to 100 %: 2"]);
    const both = "{ canaries: { count: 4 }, percent: [1, 10, 100] }";
    expect(wavesOf(cutting(both, hostsOf(many(50))))).toEqual([
      "canaries: 4",
      "up to 10 %: 1",
      "up to 100 %: 45",
    ]);
  });

  test("by a label: values as named, then the smallest first, then hosts without it", () => {
    const zones = [...many(3, ["a"]), ...many(2, ["b"]), ...many(4, ["c"]), {}];
    expect(wavesOf(cutting("{ by: zone }", hostsOf(zones)))).toEqual([
      "zone=b: 2",
      "zone=a: 3",
      "zone=c: 4",
      "no zone: 1",
    ]);
    expect(wavesOf(cutting("{ by: zone, order: [c, x] }", hostsOf(zones)))[0]).toBe("zone=c: 4");
  });

  test("by expressions: a host is in the first that selects it, the others come last", () => {
    const select = '{ select: ["tier=3", "tier in (2,3)"] }';
    const tiers = ["0", "2", "3", "3", "2", "1"].map((tier) => ({ tier }));
    expect(wavesOf(cutting(select, hostsOf(tiers)))).toEqual([
      "tier=3: 2",
      "tier in (2,3): 2",
      "the others: 2",
    ]);
  });

  test("into waves that each wait for the soak of the one before", () => {
    const input = cutting("{ percent: [10, 100] }", hostsOf(many(20)));
    const soaked = parseRings(input.policy.text.replace("soak: 0s", "soak: 2h"));
    const { plan: made } = plan({ ...input, policy: soaked });
    const [first, second] = made?.waves ?? [];
    expect((second?.notBefore ?? 0) - (first?.notBefore ?? 0)).toBe(2 * 3_600_000);
    expect(made?.statement.match(/^wave \d+ 2 /gm)).toHaveLength(2);
  });

  test("into no plan when that would be more waves than people can judge", () => {
    const sites = Array.from({ length: 65 }, (_, at) => ({ site: `s${at}` }));
    const { report } = plan(cutting("{ by: site }", hostsOf(sites)));
    expect(report.blocked).toEqual([{ why: "too-many-waves", waves: 65, most: 64 }]);
  });
});

describe("the canaries of a ring", () => {
  test("have one of each kind while they suffice, then each kind its share", () => {
    const zones = [...many(16, ["a"]), ...many(3, ["b"]), ...many(1, ["c"])];
    const input = cutting("{ canaries: { count: 6, stratify: [zone] } }", hostsOf(zones));
    const made = plan(input);
    const names = new Set(namesIn(input, made, 1));
    const taken = input.hosts.filter((host) => names.has(host.name));
    const byZone = Map.groupBy(taken, (host) => host.labels["zone"]);
    expect([...byZone].map(([zone, some]) => [zone, some.length]).sort()).toEqual([
      ["a", 4],
      ["b", 1],
      ["c", 1],
    ]);
    expect(made.report.canaries).toMatchObject([{ count: 6, strata: 3, withoutCount: 0 }]);
  });

  test("that are fewer than the kinds show what most hosts share, and the report names the rest", () => {
    const kinds = [...many(5, ["a"]), ...many(2, ["b"]), ...many(1, ["c"])];
    const input = cutting("{ canaries: { count: 2, stratify: [zone] } }", hostsOf(kinds));
    const { report } = plan(input);
    expect(report.canaries).toMatchObject([{ without: ["zone=c"], withoutHosts: 1 }]);
    expect(report.warnings).toContain("No canary of ring 2 stands for 1 hosts: zone=c.");
  });

  test("are the least critical of their kind, and tier 0 only where nothing else is there", () => {
    const tiers = ["0", "1", "3", "2", "3"].map((tier) => ({ tier, zone: "a" }));
    const alone = { tier: "0", zone: "b" };
    const input = cutting(
      "{ canaries: { count: 3, stratify: [zone] } }",
      hostsOf([...tiers, alone]),
    );
    const made = plan(input);
    expect(namesIn(input, made, 1)).toEqual(["h2", "h4", "h5"]);
    expect(made.report.canaries).toMatchObject([{ critical: ["h5"] }]);
  });

  test("are of different clusters where there is a choice", () => {
    const hosts = hostsOf([
      ...Array.from({ length: 3 }, () => ({ cluster: "one" })),
      ...Array.from({ length: 3 }, () => ({ cluster: "two" })),
    ]);
    for (const change of ["c-1", "c-2", "c-3", "c-4"]) {
      const input = cutting("{ canaries: { count: 2 } }", hosts, { change });
      const names = namesIn(input, plan(input), 1);
      const clusters = hosts.filter((h) => names.includes(h.name)).map((h) => h.labels["cluster"]);
      expect(clusters.sort()).toEqual(["one", "two"]);
    }
  });

  test("stay the same for a change, and are others for another change", () => {
    const hosts = hostsOf(many(60));
    const pick = (change: string): string => {
      const input = cutting("{ canaries: { count: 3 } }", hosts, { change });
      return namesIn(input, plan(input), 1).join();
    };
    expect(pick("c-1")).toBe(pick("c-1"));
    expect(new Set(["c-1", "c-2", "c-3", "c-4"].map(pick)).size).toBeGreaterThan(1);
  });

  test("are never hosts that the calendar lets start only after the others", () => {
    const text = `format: fettle-calendar 1\nzone: UTC\nothers: open\nfreezes:\n  - { name: f, hosts: zone=late, from: "2026-11-21T00:00", to: "2026-11-28T00:00", reason: r }\n`;
    const zones = [...many(1, ["a"]), ...many(9, ["late"])];
    const waves = "{ canaries: { count: 3, stratify: [zone] } }\n    lasts: 6h";
    const input = cutting(waves, hostsOf(zones), {
      calendar: parseCalendar(text, "calendar.yaml").calendar,
    });
    const made = plan(input);
    expect(checkPlan(made, input, input.policy)).toEqual([]);
    expect(namesIn(input, made, 1)).toEqual(["h0"]);
  });
});

describe("services that come after others", () => {
  const policyOf = (order: string, waves = "{}") => {
    const text = testRings.replace("hosts: ring=2", `hosts: ring=2\n    waves: ${waves}`);
    return parseRings(`${text}\norder: { ${order} }\n`);
  };
  const services = ["web", "db", "cache", "web", "db", "mail"].map((service) => ({ service }));

  test("are steps of their ring, each cut like a ring of its own", () => {
    const hosts = hostsOf([...services, ...services]);
    const policy = policyOf(
      "services: [{ service: web, after: [cache] }, { service: cache, after: [db] }]",
      "{ percent: [50, 100] }",
    );
    expect(wavesOf(aPlanInput({ policy, hosts }))).toEqual([
      "step 1 of 3, up to 50 %: 3",
      "step 1 of 3, up to 100 %: 3",
      "step 2 of 3, up to 50 %: 1",
      "step 2 of 3, up to 100 %: 1",
      "step 3 of 3, up to 50 %: 2",
      "step 3 of 3, up to 100 %: 2",
    ]);
  });

  test("keep their order where the one between them has no host here", () => {
    const policy = policyOf(
      "services: [{ service: web, after: [gone] }, { service: gone, after: [db] }]",
    );
    const hosts = hostsOf([{ service: "web" }, { service: "db" }]);
    const input = aPlanInput({ policy, hosts });
    expect(wavesOf(input)).toEqual(["step 1 of 2: 1", "step 2 of 2: 1"]);
    expect(namesIn(input, plan(input), 2)).toEqual(["h0"]);
  });

  test("in a circle make no plan, and the circle is named", () => {
    const policy = policyOf(
      "services: [{ service: web, after: [db] }, { service: db, after: [cache] }, { service: cache, after: [web] }]",
    );
    const { report } = plan(aPlanInput({ policy, hosts: hostsOf(services) }));
    expect(report.blocked.map(blockerToText)).toEqual([
      "The policy's order goes in a circle: web after db after cache after web.",
    ]);
  });

  test("change packages in the policy's order, each entry in a transaction of its own", () => {
    const policy = policyOf("packages: [runtime, [server, server-*], late]");
    const moves = ["server-web", "other", "server", "runtime"].map((name) => aMove({ name }));
    const bodyWith = (of: PlanInput["policy"]) => {
      const input = aPlanInput({ policy: of });
      const [pair] = input.resolutions;
      const facts = { ...input, resolutions: [{ ...pair!, outcome: movesOf(moves) }] };
      const made = plan(facts);
      expect(checkPlan(made, facts, of)).toEqual([]);
      return { made, text: made.plan?.bodies[0]?.text ?? "" };
    };
    const { made, text } = bodyWith(policy);
    expect(text.match(/(?<=upgrade )\S+/g)).toEqual(["other", "runtime", "server-web", "server"]);
    expect(text.match(/^transaction .*/gm)).toEqual(["transaction 3"]);
    expect(text.match(/^undo \d+ downgrade \S+/gm)?.at(2)).toBe("undo 3 downgrade server-web");
    expect(made.report.warnings).toContain(
      "The policy orders packages in 2 transactions: other runtime, then server-web server.",
    );
    // Behind a drain everything has another number.
    const order = "order: { packages: [runtime, server*] }\nhooks: [{ drain: out, rejoin: in }]";
    const drained = parseRings(`${testRings}\n${order}\n`);
    expect(bodyWith(drained).text.match(/^transaction .*/gm)).toEqual(["transaction 4"]);
    // All of one entry, or nothing ordered: one transaction.
    for (const one of ["packages: [[other, runtime, server*]]", "tiers: off"]) {
      expect(bodyWith(policyOf(one)).text).not.toContain("transaction");
    }
    expect(() => policyOf("packages: [a, [b, a]]")).toThrow(/comes once/);
    expect(() => policyOf('packages: ["*"]')).toThrow();
  });

  test("restart their units in the policy's order, and those it does not name last", () => {
    const units = ["c.service", "a.service", "b.service"];
    const input = aPlanInput({ policy: policyOf("restarts: [b.service, c.service]") });
    const [pair] = input.resolutions;
    const made = plan({
      ...input,
      hosts: [aHost("h", { services: units })],
      resolutions: [{ ...pair!, outcome: movesOf([aMove()], units) }],
    });
    expect(made.plan?.bodies[0]?.text.match(/(?<=restart )\S/g)).toEqual(["b", "c", "a"]);
  });
});

test("however a ring is cut, every host comes once and the checker agrees", () => {
  const label = (key: string, values: readonly string[]) =>
    fc.constantFrom(...values, "").map((value) => (value === "" ? {} : { [key]: value }));
  const host = fc
    .tuple(
      label("zone", ["a", "b", "c"]),
      label("tier", ["0", "1", "2", "3"]),
      label("cluster", ["x", "y", "z"]),
      label("service", ["x", "y"]),
      fc.constantFrom("debian 12", "ubuntu 24.04"),
      fc.boolean(),
    )
    .map(([zone, tier, cluster, service, os, isFrozen]) => ({
      os,
      labels: {
        ring: "2",
        ...zone,
        ...tier,
        ...cluster,
        ...service,
        ...(isFrozen ? { frozen: "yes" } : {}),
      },
    }));
  const cut = fc.constantFrom(
    "",
    "percent: [3, 20, 60, 100]",
    "by: zone, order: [c]",
    'select: ["tier=3", "zone=a"]',
  );
  const sample = fc.constantFrom(
    "",
    "canaries: { count: 2 }",
    "canaries: { count: 5, stratify: [os, zone] }",
    "canaries: { percent: 10, stratify: [os, tier] }",
  );
  const frozen = `format: fettle-calendar 1\nzone: UTC\nothers: open\nfreezes:\n  - { name: f, hosts: frozen=yes, from: "2026-11-21T00:00", to: "2026-11-23T00:00", reason: r }\n`;
  const { calendar } = parseCalendar(frozen, "calendar.yaml");
  const lasts = fc.constantFrom("", "\n    lasts: 3h");
  const order = fc.constantFrom("", "\norder: { services: [{ service: x, after: [y] }] }\n");
  fc.assert(
    fc.property(
      fc.array(host, { minLength: 1, maxLength: 40 }),
      ...[cut, sample, lasts, order],
      (hosts, how, canaries, last, steps) => {
        const waves = `{ ${[canaries, how].filter((text) => text !== "").join(", ")} }${last}`;
        const made = hosts.map((some, at) => aHost(`h${at}`, some));
        const cutOnly = cutting(waves, made, { calendar });
        const input = { ...cutOnly, policy: parseRings(cutOnly.policy.text + steps) };
        const planned = plan(input);
        expect(checkPlan(planned, input, input.policy)).toEqual([]);
        const taken = planned.plan?.leaves.length ?? hosts.length;
        if (planned.plan !== null) {
          expect(taken + planned.report.excluded.length).toBe(hosts.length);
        }
      },
    ),
    { numRuns: 60 },
  );
});
