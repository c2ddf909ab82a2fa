import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseRuntimePolicy, ruleAgainst, runtimePolicyJsonSchema } from "./runtime.ts";

const policies = new URL("../../policies/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, policies), "utf8");

function policyOf(rules: string) {
  return parseRuntimePolicy(`kind: runtime\nevidence: 24h\nrules:\n${rules}`, "runtime.yaml");
}

const rule = (name: string, more: string): string =>
  `  - { name: ${name}, when: [not-running, not-loaded], hosts: all, ${more} }\n`;
const seen = { reason: "not-running", isOf: () => true, isExploited: false } as const;

describe("the runtime policy", () => {
  it("sets nothing aside as it ships", () => {
    const shipped = parseRuntimePolicy(read("runtime.yaml"), "policies/runtime.yaml");
    expect(shipped.rules).toEqual([]);
    expect(ruleAgainst(shipped, seen)).toBeNull();
  });

  it("decides by the first rule that fits what was seen and the hosts", () => {
    const policy = policyOf(rule("a", "effect: show") + rule("b", "effect: set-aside"));
    expect(ruleAgainst(policy, seen)).toBeNull();
    const notFirst = { ...seen, isOf: (place: number) => place === 1 };
    expect(ruleAgainst(policy, notFirst)?.name).toBe("b");
    expect(ruleAgainst(policy, { ...notFirst, reason: "port-unreachable" })).toBeNull();
  });

  it("never sets aside what is exploited, unless the rule says so", () => {
    const exploited = { ...seen, isExploited: true };
    expect(ruleAgainst(policyOf(rule("a", "effect: set-aside")), exploited)).toBeNull();
    const too = policyOf(rule("a", "effect: set-aside, exploited: too"));
    expect(ruleAgainst(too, exploited)?.name).toBe("a");
  });

  it.each([
    ["hosts: all", 'hosts: "env="', /hosts/],
    ["not-loaded", "asleep", /when/],
    ["effect: show", "effect: hide", /effect/],
    ["effect: show", "effect: show, until: never", /until/],
  ])("refuses %s as %s", (from, to, says) => {
    expect(() => policyOf(rule("a", "effect: show").replace(from, to))).toThrow(says);
  });

  it("takes no look that is older than a day", () => {
    const text = "kind: runtime\nevidence: 2d\nrules: []\n";
    expect(() => parseRuntimePolicy(text, "runtime.yaml")).toThrow(/evidence/);
  });

  // After an edit of the schema: node -e 'import("./src/policy/runtime.ts").then((m) =>
  // console.log(JSON.stringify(m.runtimePolicyJsonSchema())))' > policies/runtime.schema.json, formatted.
  it("publishes the schema that is used", () => {
    expect(JSON.parse(read("runtime.schema.json"))).toEqual(runtimePolicyJsonSchema());
  });
});
