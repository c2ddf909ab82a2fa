import { describe, expect, test } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { misfits, type PlanFacts, parseTemplate, templateProblem } from "./template.ts";

const text = `
name: tzdata-updates
why: data only, and nothing restarts
packages: [tzdata*]
rings: [canary, "1"]
hostsMax: 50
riskMax: low
days: 180
`;
const template = parseTemplate(text, "the template");
const plan: PlanFacts = {
  ...{ class: "normal", source: "tzdata", verbs: ["upgrade"], rings: ["canary"], hosts: 50 },
  ...{ needsReboot: false, irreversible: [], level: "low" },
};

describe("a template", () => {
  test("fits the plans it is for", () => {
    expect(misfits(template, plan)).toEqual([]);
  });

  test.each([
    [{ class: "emergency" as const }, "an emergency"],
    [{ source: "openssl" }, "package openssl"],
    [{ verbs: ["upgrade", "remove"] }, "remove"],
    [{ rings: ["canary", "2"] }, "ring 2"],
    [{ hosts: 51 }, "50 hosts"],
    [{ needsReboot: true }, "reboot"],
    [{ irreversible: ["tzdata"] }, "no way back"],
    [{ level: "medium" as const }, "risk is medium"],
  ])("does not fit %o", (some, told) => {
    expect(misfits(template, { ...plan, ...some }).join("; ")).toContain(told);
  });

  test.each([
    ["no packages", text.replace("packages: [tzdata*]", "packages: []")],
    ["more than a year", text.replace("days: 180", "days: 400")],
    ["a high risk", text.replace("riskMax: low", "riskMax: high")],
    ["an unknown field", `${text}approvals: 0\n`],
  ])("with %s is refused", (_what, other) => {
    expect(() => parseTemplate(other, "the template")).toThrow("cannot be used");
  });

  const good = { expiresAt: 9 * DAY_MS, approvals: 2, ended: 20, failed: 1, missedReviews: 0 };
  const problem = (some: Partial<typeof good>, now = 0) =>
    templateProblem({ ...good, ...some }, { now, failuresMax: 0.05 });

  test("counts with two approvals, in its time, and with at most 5 % failures", () => {
    expect(problem({})).toBeNull();
    expect(problem({ ended: 0, failed: 0 })).toBeNull();
  });

  test.each([
    [{ approvals: 1 }, 0, "1 of 2 approvals"],
    [{}, 9 * DAY_MS, "it ended on"],
    [{ failed: 2 }, 0, "2 of its last 20 changes"],
    [{ ended: 1, failed: 1 }, 0, "1 of its last 1 change"],
    [{ missedReviews: 1 }, 0, "goal was missed"],
  ])("loses its standing with %o at %i", (some, now, told) => {
    expect(problem(some, now)).toContain(told);
  });
});
