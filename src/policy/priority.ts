import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import {
  type CaseCondition,
  type CaseFacts,
  type FactName,
  parseCondition,
} from "./case-condition.ts";
import type { PolicyKind } from "./policy-kind.ts";

/**
 * The priority policy: a decision table whose outcomes are those of SSVC (CERT/CC, version 2). The first
 * row that holds decides, and the path to it is kept: each condition that was looked at, whether it
 * held, and the values that decided it. No number stands for it.
 */
export const outcomes = ["act", "attend", "track*", "track"] as const;
export type Outcome = (typeof outcomes)[number];

const ruleSchema = strictFields({
  name: z.string().min(1).max(120),
  when: z.array(z.string().min(1).max(500)).min(1).max(10),
  outcome: z.enum(outcomes),
});

const fileSchema = strictFields({
  kind: z.literal("priority"),
  rules: z.array(ruleSchema).min(1).max(100),
});

export interface PriorityPolicy {
  readonly file: string;
  readonly version: Digest;
  readonly rules: readonly {
    readonly name: string;
    readonly outcome: Outcome;
    readonly conditions: readonly CaseCondition[];
  }[];
}

/** One condition as it was looked at. */
export interface PathStep {
  readonly condition: string;
  readonly held: boolean;
  readonly values: Readonly<Partial<Record<FactName, CaseFacts[FactName]>>>;
}

export interface Priority {
  readonly outcome: Outcome;
  /** What the row said, where the runtime policy lowers all of it and so the outcome by one. */
  readonly loweredFrom?: Outcome | undefined;
  readonly by: { readonly file: string; readonly rule: string; readonly version: string };
  /** From the first row to the one that decided; of a row that fell, up to what made it fall. */
  readonly path: readonly { readonly rule: string; readonly steps: readonly PathStep[] }[];
}

export function parsePriority(text: string, file: string): PriorityPolicy {
  const parsed = parseYaml(fileSchema, text, file);
  const rules = parsed.rules.map(({ name, outcome, when }) => ({
    name,
    outcome,
    conditions: when.map((condition) => parseCondition(condition, `${file}, rule "${name}",`)),
  }));
  return { file, version: sha256(text), rules };
}

export function prioritise(policy: PriorityPolicy, facts: CaseFacts): Priority {
  const path: { readonly rule: string; readonly steps: readonly PathStep[] }[] = [];
  for (const { name, outcome, conditions } of policy.rules) {
    const steps = stepsOf(conditions, facts);
    path.push({ rule: name, steps });
    if (steps.every(({ held }) => held)) {
      const by = { file: policy.file, rule: name, version: policy.version };
      return { ...asLowered(outcome, facts), by, path };
    }
  }
  throw new Failure(
    "blocked",
    `No rule of ${policy.file} fits this case. End the file with a rule whose condition is "true".`,
    { facts: { ...facts } },
  );
}

/** By one step and no more: nothing is known to be harmless because it does not run today. */
function asLowered(
  outcome: Outcome,
  { lowered }: CaseFacts,
): Pick<Priority, "outcome" | "loweredFrom"> {
  const next = outcomes[outcomes.indexOf(outcome) + 1];
  return lowered && next !== undefined ? { outcome: next, loweredFrom: outcome } : { outcome };
}

/** Up to the first that does not hold: what comes after it decided nothing. */
function stepsOf(conditions: readonly CaseCondition[], facts: CaseFacts): readonly PathStep[] {
  const steps: PathStep[] = [];
  for (const { text, uses, holds } of conditions) {
    const held = holds(facts);
    const values = Object.fromEntries(uses.map((name) => [name, facts[name]]));
    steps.push({ condition: text, held, values });
    if (!held) break;
  }
  return steps;
}

export interface Ranked {
  readonly outcome: Outcome;
  /** Null for none. */
  readonly deadlineAt: number | null;
  readonly epss: number;
  readonly hosts: number;
  /** Decides between equals. */
  readonly number: number;
}

/** The order in which cases are worked on: outcome, deadline, EPSS, reach, then age. */
export function byPriority(a: Ranked, b: Ranked): number {
  return (
    outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) ||
    compare(a.deadlineAt ?? Infinity, b.deadlineAt ?? Infinity) ||
    b.epss - a.epss ||
    b.hosts - a.hosts ||
    a.number - b.number
  );
}

function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export const priorityKind: PolicyKind = {
  kind: "priority",
  name: "priority.yaml",
  decides: "Which case comes first, by a table whose path is shown with the case.",
  parse: parsePriority,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function priorityJsonSchema(): unknown {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12" });
}
