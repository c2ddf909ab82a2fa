import { Environment } from "@marcbachmann/cel-js";
import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import type { PolicyKind } from "./policy-kind.ts";

/**
 * The classification policy: rules in order, each a CEL condition over the facts of a case. The file
 * is versioned by its digest, and the rule that decided is recorded with the case.
 */
export interface CaseFacts {
  readonly kev: number;
  readonly ransomware: number;
  readonly active: number;
  readonly proof: number;
  readonly epss: number;
  readonly cvss: number;
  readonly vulnerabilities: number;
  readonly hosts: number;
  readonly exposed: boolean;
  readonly tier: number;
}

const ruleSchema = strictFields({
  name: z.string().min(1).max(120),
  when: z.string().min(1).max(1000),
  route: z.enum(["emergency", "scheduled", "feature-release"]),
  urgency: z.enum(["critical", "high", "medium", "low"]),
});

const fileSchema = strictFields({
  kind: z.literal("classification"),
  rules: z.array(ruleSchema).min(1).max(100),
});

export type ClassificationRule = z.output<typeof ruleSchema>;

export interface ClassificationPolicy {
  readonly file: string;
  readonly version: Digest;
  readonly rules: readonly (ClassificationRule & {
    readonly holds: (facts: CaseFacts) => boolean;
  })[];
}

export interface Classification {
  readonly route: ClassificationRule["route"];
  readonly urgency: ClassificationRule["urgency"];
  readonly by: { readonly file: string; readonly rule: string; readonly version: string };
}

const NUMBERS = [
  "kev",
  "ransomware",
  "active",
  "proof",
  "epss",
  "cvss",
  "vulnerabilities",
  "hosts",
  "tier",
] as const;

/**
 * Parses a policy file. Unknown fields, unknown facts and conditions that are not boolean are
 * refused here, so that no rule can fail at the moment it is needed.
 */
export function parseClassification(text: string, file: string): ClassificationPolicy {
  const parsed = parseYaml(fileSchema, text, file);
  const environment = new Environment();
  for (const name of NUMBERS) environment.registerVariable(name, "double");
  environment.registerVariable("exposed", "bool");

  const rules = parsed.rules.map((rule) => {
    const condition = compile(environment, rule, file);
    return {
      ...rule,
      holds: (facts: CaseFacts) => condition(facts as unknown as Record<string, unknown>) === true,
    };
  });
  return { file, version: sha256(text), rules };
}

function compile(environment: Environment, rule: ClassificationRule, file: string) {
  try {
    const condition = environment.parse(rule.when);
    const checked = condition.check();
    if (!checked.valid || checked.type !== "bool") throw checked.error ?? new Error("not boolean");
    return condition;
  } catch (cause) {
    throw new Failure(
      "invalid",
      `In ${file} the condition of the rule "${rule.name}" is not a CEL expression that is true or false: ${rule.when}. It may use ${[...NUMBERS, "exposed"].join(", ")}.`,
      { cause },
    );
  }
}

/** The first rule that holds decides; a policy without a rule for these facts is refused. */
export function classify(policy: ClassificationPolicy, facts: CaseFacts): Classification {
  const rule = policy.rules.find((candidate) => candidate.holds(facts));
  if (rule === undefined) {
    throw new Failure(
      "blocked",
      `No rule of ${policy.file} fits this case. End the file with a rule whose condition is "true".`,
      { facts: { ...facts } },
    );
  }
  return {
    route: rule.route,
    urgency: rule.urgency,
    by: { file: policy.file, rule: rule.name, version: policy.version },
  };
}

export const classificationKind: PolicyKind = {
  kind: "classification",
  name: "classification.yaml",
  decides: "How urgent a case is and which way it goes.",
  parse: parseClassification,
  isApplied: true,
};
