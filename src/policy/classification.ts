import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import { type CaseCondition, type CaseFacts, parseCondition } from "./case-condition.ts";
import type { PolicyKind } from "./policy-kind.ts";

/**
 * The classification policy: rules in order, each a CEL condition over the facts of a case. The file
 * is versioned by its digest, and the rule that decided is recorded with the case.
 */
const routes = ["emergency", "scheduled", "feature-release"] as const;
export const patchKinds = ["security", "functional", "performance"] as const;

const ruleSchema = strictFields({
  name: z.string().min(1).max(120),
  when: z.string().min(1).max(1000),
  route: z.enum(routes),
  urgency: z.enum(["critical", "high", "medium", "low"]),
  kind: z.enum(patchKinds).optional(),
});

const outOfBand = strictFields({
  routes: z.array(z.enum(routes)).max(routes.length),
  justificationMin: z.int().min(1).max(2000),
});

const fileSchema = strictFields({
  kind: z.literal("classification"),
  outOfBand: outOfBand.default({ routes: ["emergency"], justificationMin: 30 }),
  rules: z.array(ruleSchema).min(1).max(100),
});

export type ClassificationRule = z.output<typeof ruleSchema>;

export interface ClassificationPolicy {
  readonly file: string;
  readonly version: Digest;
  readonly outOfBand: Readonly<z.output<typeof outOfBand>>;
  readonly rules: readonly (ClassificationRule & { readonly condition: CaseCondition })[];
}

export interface Classification {
  readonly route: ClassificationRule["route"];
  readonly urgency: ClassificationRule["urgency"];
  readonly kind: (typeof patchKinds)[number];
  readonly by: {
    readonly file: string;
    readonly rule: string;
    readonly version: string;
    /** For a route out of band; null for the others. */
    readonly justificationMin: number | null;
  };
}

/**
 * Parses a policy file. Unknown fields, unknown facts and conditions that are not boolean are
 * refused here, so that no rule can fail at the moment it is needed.
 */
export function parseClassification(text: string, file: string): ClassificationPolicy {
  const parsed = parseYaml(fileSchema, text, file);
  const rules = parsed.rules.map((rule) => ({
    ...rule,
    condition: parseCondition(rule.when, `${file}, rule "${rule.name}",`),
  }));
  return { file, version: sha256(text), outOfBand: parsed.outOfBand, rules };
}

/** The first rule that holds decides; a policy without a rule for these facts is refused. */
export function classify(policy: ClassificationPolicy, facts: CaseFacts): Classification {
  const rule = policy.rules.find(({ condition }) => condition.holds(facts));
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
    kind: rule.kind ?? (facts.vulnerabilities > 0 ? "security" : "functional"),
    by: {
      file: policy.file,
      rule: rule.name,
      version: policy.version,
      justificationMin: policy.outOfBand.routes.includes(rule.route)
        ? policy.outOfBand.justificationMin
        : null,
    },
  };
}

export const classificationKind: PolicyKind = {
  kind: "classification",
  name: "classification.yaml",
  decides: "How urgent a case is and which way it goes, and when that must be justified in words.",
  parse: parseClassification,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function classificationJsonSchema(): unknown {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12" });
}
