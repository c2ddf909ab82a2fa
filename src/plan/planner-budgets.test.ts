import fc from "fast-check";
import { expect, test } from "vitest";
import { aHost, aPlanInput, testRings } from "../../test/builders/plan.ts";
import { parseRings } from "../policy/rings.ts";
import { checkPlan } from "./checker.ts";
import type { PlanInput } from "./model.ts";
import { plan } from "./planner.ts";
import { blockerToText } from "./planner-report.ts";

function budgeted(rules: string, some: Partial<PlanInput> = {}): PlanInput {
  return aPlanInput({ policy: parseRings(`${testRings}\nbudgets: ${rules}\n`), ...some });
}

function budgetsOf(input: PlanInput): readonly string[] {
  const made = plan(input);
  expect(checkPlan(made, input, input.policy)).toEqual([]);
  return (made.plan?.budgets ?? []).map(
    ({ key, value, members, unavailableMax }) => `${key}=${value} ${unavailableMax}/${members}`,
  );
}

test("a budget is counted over the whole fleet, not over the plan's hosts", () => {
  const members = [{ key: "zone", value: "a", hosts: 40 }];
  expect(budgetsOf(budgeted("[{ by: zone, unavailable: 10% }]", { members }))).toEqual([
    "zone=a 4/40",
    "zone=b 1/4",
  ]);
});

test("the first rule that names a value, or names none, decides", () => {
  const rules = "[{ by: zone, only: [b], unavailable: 3 }, { by: zone, quorum: majority }]";
  expect(budgetsOf(budgeted(rules))).toEqual(["zone=a 2/5", "zone=b 3/4"]);
  expect(budgetsOf(budgeted("[{ by: zone, only: [b], quorum: 3 }]"))).toEqual(["zone=b 1/4"]);
});

test("what could never start is no plan, and is told with its numbers", () => {
  const hosts = ["a", "b"].map((name) => aHost(name, { labels: { ring: "1", cluster: "db" } }));
  for (const rule of ["quorum: majority", "quorum: 2", "unavailable: 0", "unavailable: 0%"]) {
    const { report } = plan(budgeted(`[{ by: cluster, ${rule} }]`, { hosts }));
    expect(report.blocked).toMatchObject([{ why: "budget-impossible", members: 2 }]);
  }
  const { report } = plan(budgeted("[{ by: cluster, quorum: 2 }]", { hosts }));
  expect(report.blocked.map(blockerToText)).toEqual([
    "Of the 2 hosts with cluster=db 2 must stay, so none of them could ever start. Leave them out, or give this value a budget of its own.",
  ]);
});

test("a quorum always stays, and a share is never more than was written but for the first", () => {
  const members = fc.integer({ min: 1, max: 60 });
  const rule = fc.oneof(
    fc.constant("quorum: majority"),
    fc.integer({ min: 1, max: 60 }).map((count) => `quorum: ${count}`),
    fc.integer({ min: 1, max: 100 }).map((share) => `unavailable: ${share}%`),
  );
  fc.assert(
    fc.property(members, rule, (hosts, limit) => {
      const input = budgeted(`[{ by: zone, only: [a], ${limit} }]`, {
        members: [{ key: "zone", value: "a", hosts: hosts + 5 }],
      });
      const all = hosts + 5;
      const made = plan(input);
      expect(checkPlan(made, input, input.policy)).toEqual([]);
      const most = made.plan?.budgets[0]?.unavailableMax ?? 0;
      const stays = all - most;
      if (limit === "quorum: majority") expect(stays * 2).toBeGreaterThan(all);
      else if (limit.startsWith("quorum")) {
        expect(made.plan === null || stays >= Number(limit.slice(8))).toBe(true);
      } else {
        const share = (Number.parseInt(limit.slice(13), 10) * all) / 100;
        expect(most === 1 || most <= share).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
