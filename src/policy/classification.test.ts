import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type CaseFacts, noFacts } from "./case-condition.ts";
import { classify, parseClassification } from "./classification.ts";

const shipped = parseClassification(
  readFileSync(new URL("../../policies/classification.yaml", import.meta.url), "utf8"),
  "classification.yaml",
);

function facts(changes: Partial<CaseFacts>): CaseFacts {
  return { ...noFacts, vulnerabilities: 1, hosts: 1, ...changes };
}

it("routes a known exploited flaw on an exposed host to the emergency lane and names the rule", () => {
  expect(classify(shipped, facts({ kev: 1, exposed: true }))).toMatchObject({
    route: "emergency",
    urgency: "critical",
    by: { file: "classification.yaml", rule: "known exploited and exposed" },
  });
});

it("takes the first rule that holds, in the file's order", () => {
  expect(classify(shipped, facts({ kev: 1 })).urgency).toBe("high");
  expect(classify(shipped, facts({ epss: 0.5 })).urgency).toBe("high");
  expect(classify(shipped, facts({ cvss: 7 })).urgency).toBe("medium");
  expect(classify(shipped, facts({})).urgency).toBe("low");
  expect(classify(shipped, facts({ vulnerabilities: 0 })).route).toBe("feature-release");
});

function rule(when: string): string {
  return `kind: classification\nrules:\n  - name: x\n    when: ${when}\n    route: emergency\n    urgency: low\n`;
}

it("refuses a condition that does not parse, does not know its facts or is not true or false", () => {
  for (const when of ["kev +", "kevv > 0", "kev", "epss + cvss", '"yes"']) {
    expect(() => parseClassification(rule(when), "own.yaml")).toThrow(/own\.yaml.*rule "x"/);
  }
});

it("refuses an unknown field and a route that does not exist, with the line", () => {
  const text = rule("kev > 0.0");
  expect(() => parseClassification(`${text}rulez: []\n`, "own.yaml")).toThrow(/line 7.*rulez/);
  expect(() => parseClassification(text.replace("emergency", "soon"), "own.yaml")).toThrow(
    /line 5/,
  );
});

it("refuses to guess when no rule fits", () => {
  const policy = parseClassification(rule("kev > 5"), "own.yaml");
  expect(() => classify(policy, facts({}))).toThrow(/No rule of own\.yaml/);
});
