import { describe, expect, test } from "vitest";
import { aMove, aPlanInput, movesOf, testRings } from "../../test/builders/plan.ts";
import { parseRings } from "../policy/rings.ts";
import { checkPlan } from "./checker.ts";
import { plan } from "./planner.ts";

const oneWay = `
oneWay:
  - packages: [mysql-server*]
    because: its data dictionary is converted
  - packages: [mariadb-server]
    when: major
    because: its data is converted
`;

function inputOf(move: Parameters<typeof aMove>[0], isIrreversibleAcknowledged = false) {
  const policy = parseRings(testRings + oneWay);
  const input = aPlanInput({ policy, isIrreversibleAcknowledged });
  const [pair] = input.resolutions;
  return { ...input, resolutions: [{ ...pair!, outcome: movesOf([aMove(move)]) }] };
}

describe("a package that the policy calls one-way", () => {
  const mysql = { name: "mysql-server-8.0", from: "8.0.39-1", to: "8.0.40-1" };

  test("makes no plan until somebody accepts it, and says why", () => {
    expect(plan(inputOf(mysql)).report.blocked).toMatchObject([
      {
        why: "irreversible",
        packages: ["mysql-server-8.0 amd64 8.0.39-1 (its data dictionary is converted)"],
      },
    ]);
  });

  test("has no undo that would bring an old program to new data, which the checker demands too", () => {
    const input = inputOf(mysql, true);
    const planned = plan(input);
    expect(planned.plan?.bodies[0]?.text).not.toContain("\nundo ");
    expect(planned.report).toMatchObject({ reversibility: "none" });
    expect(checkPlan(planned, input, input.policy)).toEqual([]);
    const free = { ...input.policy, oneWay: [] };
    expect(checkPlan(planned, input, free).map((fault) => fault.rule)).toContain("body-undo");
  });

  test.each([
    [{ name: "mariadb-server", from: "1:10.11.6-1", to: "1:10.11.9-1" }, 0],
    [{ name: "mariadb-server", from: "1:10.11.6-1", to: "1:11.4.3-1" }, 1],
    [{ name: "mariadb-server-core", from: "1:10.11.6-1", to: "1:11.4.3-1" }, 0],
    [{ ...mysql, verb: "install" as const, from: "-", oldSha256: null }, 0],
  ])("is told by its name and how far it goes: %j", (move, blockers) => {
    expect(plan(inputOf(move)).report.blocked).toHaveLength(blockers);
  });
});
