import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { duration, selector } from "./rings-fields.ts";

/**
 * The runtime policy: where what a host was seen to run may set a finding aside, or lower it: it then
 * stays counted and comes after what runs. The first rule that fits what was seen and the host
 * decides; without one it is shown beside the finding and changes nothing. What is known to be
 * exploited stays, unless a rule says otherwise. Dates go on in any case: a service that does not run
 * today may be started tomorrow.
 */
export const runtimeReasons = [
  "not-running",
  "not-loaded",
  "module-disabled",
  "port-unreachable",
] as const;
export type RuntimeReason = (typeof runtimeReasons)[number];

const hosts = z.union([z.literal("all").transform((): Selector => []), selector]);

const ruleSchema = strictFields({
  name: z.string().min(1).max(120),
  when: z.array(z.enum(runtimeReasons)).min(1).max(runtimeReasons.length),
  hosts,
  effect: z.enum(["show", "lower", "set-aside"]),
  exploited: z.enum(["stays", "too"]).default("stays"),
});

const fileSchema = strictFields({
  kind: z.literal("runtime"),
  evidence: duration({ min: HOUR_MS, max: DAY_MS }),
  rules: z.array(ruleSchema).max(50),
});

export type RuntimeRule = z.output<typeof ruleSchema>;

export interface RuntimePolicy {
  readonly file: string;
  readonly version: Digest;
  /** A look that is older sets nothing aside and lowers nothing. */
  readonly evidenceMs: number;
  readonly rules: readonly RuntimeRule[];
}

export function parseRuntimePolicy(text: string, file: string): RuntimePolicy {
  const parsed = parseYaml(fileSchema, text, file);
  return { file, version: sha256(text), evidenceMs: parsed.evidence, rules: parsed.rules };
}

/** The rule that sets it aside or lowers it; null where it stays, by a rule or for want of one. */
export function ruleAgainst(
  policy: Pick<RuntimePolicy, "rules">,
  seen: {
    readonly reason: RuntimeReason;
    /** Whether the hosts are among those of the rule at this place. */
    readonly isOf: (place: number) => boolean;
    readonly isExploited: boolean;
  },
): RuntimeRule | null {
  const rule = policy.rules.find(
    (one, place) => one.when.includes(seen.reason) && seen.isOf(place),
  );
  if (rule === undefined || rule.effect === "show") return null;
  return seen.isExploited && rule.exploited === "stays" ? null : rule;
}

export const runtimePolicyKind: PolicyKind = {
  kind: "runtime",
  name: "runtime.yaml",
  decides: "Where what a host was seen to run, or not, lowers a finding or sets it aside.",
  parse: parseRuntimePolicy,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function runtimePolicyJsonSchema(): unknown {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12" });
}
