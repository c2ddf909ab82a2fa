import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../base/instant.ts";
import { ownerRuleFor, ownersJsonSchema, parseOwners } from "./owners.ts";

const folder = new URL("../../policies/", import.meta.url);
const parse = (rules: string) => parseOwners(`kind: owners\nrules:\n${rules}`, "owners.yaml");

describe("the ownership map", () => {
  test("ships empty, and its published schema is the one that is used", () => {
    const text = readFileSync(new URL("owners.yaml", folder), "utf8");
    expect(parseOwners(text, "owners.yaml").rules).toEqual([]);
    // To write it anew: node -e 'import("./src/policy/owners.ts").then(m =>
    // console.log(JSON.stringify(m.ownersJsonSchema())))' > policies/owners.schema.json, formatted.
    const schema = readFileSync(new URL("owners.schema.json", folder), "utf8");
    expect(JSON.parse(schema)).toEqual(ownersJsonSchema());
  });

  test("takes the first rule that fits a service of the change and its class", () => {
    const policy = parse(`
  - { name: shop, services: [shop-*], classes: [emergency], decides: [alice] }
  - { name: all shop, services: [shop-*], decides: [bob] }
  - { name: others, told: [desk], escalate: [{ after: 1h, to: [head] }] }`);
    const ruleOf = (kind: "normal" | "emergency", ...services: string[]) =>
      ownerRuleFor(policy, { class: kind, services })?.name;
    expect(ruleOf("emergency", "db", "shop-web")).toBe("shop");
    expect(ruleOf("normal", "shop-web")).toBe("all shop");
    expect(ruleOf("normal", "workshop-web")).toBe("others");
    expect(policy.rules[2]?.escalate).toEqual([{ after: HOUR_MS, to: ["head"] }]);
    expect(ownerRuleFor({ rules: [] }, { class: "normal", services: [] })).toBeNull();
  });

  test.each([
    [
      "steps out of order",
      "- { name: a, escalate: [{ after: 2h, to: [b] }, { after: 1h, to: [c] }] }",
    ],
    ["a step to nobody", "- { name: a, escalate: [{ after: 2h, to: [] }] }"],
    ["an unknown field", "- { name: a, approver: [b] }"],
    ["a sign-off of a role that is none", "- { name: a, signs: { boss: [b] } }"],
    ["a class that is none", "- { name: a, classes: [standing] }"],
  ])("refuses %s", (_what, rule) => {
    expect(() => parse(`  ${rule}`)).toThrow(/owners\.yaml cannot be used/);
  });
});
