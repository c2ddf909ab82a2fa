import { describe, expect, test } from "vitest";
import { aHost, aPlanInput } from "../../test/builders/plan.ts";
import { HOUR_MS } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { parseCalendar } from "../calendar/calendar-policy.ts";
import { checkPlan } from "./checker.ts";
import { parseLeaf } from "./leaf.ts";
import type { Plan, PlanInput } from "./model.ts";
import { plan } from "./planner.ts";
import { distinctLeaves } from "./planner-rule.ts";
import { isRuleWithin, readRule } from "./rule.ts";
import { signedView } from "./signed-view.ts";

const byRule: PlanInput = aPlanInput({ rule: { labels: ["service=web"], max: 20 } });

function planned(input: PlanInput): Plan {
  const made = plan(input);
  expect(checkPlan(made, input, input.policy)).toEqual([]);
  if (made.plan === null) throw new Error(JSON.stringify(made.report.blocked));
  return made.plan;
}

function viewOf(made: Plan, statement = made.statement, leaves = textsOf(made)) {
  return signedView({ statement, leaves, bodies: made.bodies.map(({ text }) => text) });
}

const textsOf = (made: Plan): string[] => distinctLeaves(made.leaves).map(({ text }) => text);

describe("a plan by rule", () => {
  test("has one leaf for each wave and body, and none of them names a host", () => {
    const hosts = [
      ...byRule.hosts,
      aHost("plain", { services: [], labels: { ring: "2", service: "web" } }),
    ];
    const made = planned({ ...byRule, hosts });
    expect(made.statement).toContain("\nhosts rule service=web max 20\n");
    expect(made.statement).toContain("\nleaves 4\n");
    expect(made.leaves).toHaveLength(10);
    const leaves = textsOf(made).map((text) => parseLeaf(text));
    expect(leaves.map((leaf) => leaf.ok && leaf.value.host)).toEqual(["*", "*", "*", "*"]);
    expect(leaves.map((leaf) => leaf.ok && leaf.value.wave)).toEqual([1, 2, 3, 3]);
  });

  test("is made only while its rule selects no more hosts than it allows", () => {
    const { report } = plan({ ...byRule, rule: { labels: ["service=web"], max: 8 } });
    expect(report.blocked).toEqual([{ why: "rule-too-small", hosts: 9, max: 8 }]);
  });

  test("opens a shared leaf only when every host of it is open", () => {
    const nights = (first: string, second: string) =>
      parseCalendar(
        `format: fettle-calendar 1\nzone: UTC\nothers: open\nwindows:\n  - { name: a, hosts: zone=a, zone: UTC, on: every day, at: "${first}", lasts: 4h }\n  - { name: b, hosts: zone=b, zone: UTC, on: every day, at: "${second}", lasts: 4h }\n`,
        "calendar.yaml",
      ).calendar;
    const made = planned({ ...byRule, calendar: nights("01:00", "04:00") });
    // Hosts of both zones are in each of these waves.
    for (const { windows } of made.leaves) {
      for (const { from, to } of windows) expect(to - from).toBe(HOUR_MS);
    }
    const { report } = plan({ ...byRule, calendar: nights("01:00", "12:00") });
    expect(report.blocked[0]).toMatchObject({ why: "rule-no-window", hosts: 2 });
  });

  test("is shown as the most that its signature allows", () => {
    const view = viewOf(planned(byRule));
    expect(view.faults).toEqual([]);
    expect(view).toMatchObject({ hosts: 20, hostsWithoutUndo: 0 });
    expect(view.waves.map(({ hosts }) => hosts)).toEqual([20, 20, 20]);
    expect(view.moves.map(({ hosts }) => hosts)).toEqual([20, 20]);
  });

  test("must not be signed when a leaf names a host, or is there twice", () => {
    const made = planned(byRule);
    const [first = "", ...rest] = textsOf(made);
    const named = [first.replace("host *", "host h-00000000000000000001"), ...rest];
    expect(viewOf(made, made.statement, named).faults).toContain(
      "leaves and statement disagree whether hosts are named",
    );
    const twice = [first, first.replace("index 0", "index 1"), ...rest.slice(1)];
    expect(viewOf(made, made.statement, twice).faults).toContain(
      "two leaves are for one wave and body",
    );
  });
});

describe("a rule", () => {
  test("is labels in order, each key once", () => {
    expect(readRule({ text: "service=web, env=prod", max: 3 })).toEqual({
      labels: ["env=prod", "service=web"],
      max: 3,
    });
    for (const text of ["", " , ", "env=prod,env=dev", "env!=prod", "service in (a,b)", "env"]) {
      expect(() => readRule({ text, max: 3 }), text).toThrow();
    }
  });

  test("lies within a scope only when its labels alone prove it", () => {
    const within = (scope: string): boolean =>
      isRuleWithin(["env=prod", "service=web"], [parseSelector(scope)]);
    for (const scope of ["", "env=prod", "env in (prod,dev)", "env", "env!=dev,service=web"]) {
      expect(within(scope), scope).toBe(true);
    }
    for (const scope of ["env=dev", "team=a", "!team", "team!=b", "env=prod,team=a", "env!=prod"]) {
      expect(within(scope), scope).toBe(false);
    }
    expect(isRuleWithin(["env=prod"], [])).toBe(false);
  });
});
