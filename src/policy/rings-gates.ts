import { z } from "zod";
import { grammar } from "../base/document.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { roleNames } from "../base/permission.ts";
import { strictFields } from "../base/yaml-text.ts";
import { checkSchema } from "./rings-checks.ts";
import { metricSchema } from "./rings-metrics.ts";
import { asKept, asText, measuring, query, sourceName, type Writing } from "./rings-writing.ts";

/**
 * What must hold, beside the share of verified hosts and the soak, before the next ring opens, and
 * while the rollout stabilises after its last wave. A gate answers pass, fail, not yet or
 * inconclusive; each says what happens when it fails. Written in the policy, so in what is approved.
 */

/** What a gate that fails does. */
const gateActions = ["hold", "halt", "revert-host", "revert-wave", "revert-all"] as const;
export type GateAction = (typeof gateActions)[number];

const GATES_MAX = 16;
const METRICS_MAX = 32;

function prometheusRule(as: Writing) {
  return strictFields({
    source: sourceName,
    query,
    threshold: as.threshold,
    ...measuring(as),
  });
}

function compareRule(as: Writing) {
  return strictFields({
    source: sourceName,
    /** The label that names the host, as `host` or `host:port`. */
    label: z
      .string()
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, "a label's name has letters, digits and _")
      .default("instance"),
    against: z.enum(["unpatched", "before"]).default("unpatched"),
    /** How much time is looked at on each side, and how far its points are apart. */
    over: as.duration({ min: MINUTE_MS, max: DAY_MS }).default(30 * MINUTE_MS),
    step: as.duration({ min: SECOND_MS, max: HOUR_MS }).default(MINUTE_MS),
    /** Each host once, by its mean; or every point, as if points of one host were independent. */
    samples: z.enum(["hosts", "points"]).default("hosts"),
    confidence: as.share("the confidence").default(0.98),
    metrics: z.array(metricSchema(as)).min(1).max(METRICS_MAX),
    /** The score (0–100) from which the comparison passes, and from which it is only unclear. */
    pass: z.number().min(0).max(100).default(95),
    marginal: z.number().min(0).max(100).default(75),
    ...measuring(as),
  }).refine(({ pass, marginal }) => marginal <= pass, {
    message: "marginal must not be above pass",
    path: ["marginal"],
  });
}

const sampleRule = strictFields({ hosts: z.int().min(1).max(1_000_000) });
const signOffRule = strictFields({
  role: z.enum(roleNames).default("approver"),
  people: z.int().min(1).max(8).default(1),
});
const manualRule = strictFields({ say: z.string().trim().min(1).max(200) });

function shapes(as: Writing) {
  return {
    prometheus: prometheusRule(as),
    compare: compareRule(as),
    check: checkSchema(as),
    sample: sampleRule,
    signOff: signOffRule,
    manual: manualRule,
  };
}

type Shapes = ReturnType<typeof shapes>;
export type GateKind = keyof Shapes;
type RuleOf<Kind extends GateKind> = { readonly kind: Kind } & z.output<Shapes[Kind]>;
export type GateRule = { [Kind in GateKind]: RuleOf<Kind> }[GateKind];
export type PrometheusRule = RuleOf<"prometheus">;
export type CompareRule = RuleOf<"compare">;
export type CheckRule = RuleOf<"check">;
export type MeasuringRule = Extract<GateRule, { readonly interval: number }>;

export interface Gate {
  /** Names it within its wave: in evidence, in what people sign off, on pages. */
  readonly name: string;
  readonly onFail: GateAction;
  readonly rule: GateRule;
}

export const gateKinds = ["prometheus", "compare", "check", "sample", "signOff", "manual"] as const;

function gateSchema(onFail: GateAction) {
  const of = shapes(asText);
  return strictFields({
    name: z
      .string()
      .regex(grammar.id, { message: "a gate's name has lower-case letters, digits, - and ." })
      .optional(),
    onFail: z.enum(gateActions).default(onFail),
    prometheus: of.prometheus.optional(),
    compare: of.compare.optional(),
    check: of.check.optional(),
    sample: of.sample.optional(),
    signOff: of.signOff.optional(),
    manual: of.manual.optional(),
  }).transform((given, context): Gate => {
    const said = gateKinds.filter((kind) => given[kind] !== undefined);
    const [kind] = said;
    if (kind === undefined || said.length > 1) {
      context.addIssue(`say one of ${gateKinds.join(", ")}`);
      return z.NEVER;
    }
    const rule = { kind, ...given[kind] } as GateRule;
    const isPerHost = rule.kind === "check" && rule.each === "host";
    if (given.onFail === "revert-host" && !isPerHost) {
      context.addIssue("only a check of each host knows which host to revert; write revert-wave");
    }
    return { name: given.name ?? kind.toLowerCase(), onFail: given.onFail, rule };
  });
}

/** The gates of a ring, as a policy writes them. */
export function gatesSchema(onFail: GateAction) {
  return z
    .array(gateSchema(onFail))
    .max(GATES_MAX)
    .refine((gates) => new Set(gates.map((gate) => gate.name)).size === gates.length, {
      message: "two gates have the same name; give each one of its own: name: …",
    })
    .default([]);
}

const kept = shapes(asKept);

/** Gates as they are kept with a wave. */
export const keptGates: z.ZodType<readonly Gate[]> = z.array(
  z.object({
    name: z.string(),
    onFail: z.enum(gateActions),
    rule: z.union([
      z.object({ kind: z.literal("prometheus"), ...kept.prometheus.shape }),
      z.object({ kind: z.literal("compare"), ...kept.compare.shape }),
      z.object({ kind: z.literal("check"), ...kept.check.shape }),
      z.object({ kind: z.literal("sample"), ...kept.sample.shape }),
      z.object({ kind: z.literal("signOff"), ...kept.signOff.shape }),
      z.object({ kind: z.literal("manual"), ...kept.manual.shape }),
    ]),
  }),
);

/** The window after the last wave in which gates go on being judged. */
export interface Stabilisation {
  readonly forMs: number;
  /** Whether a failure takes everything back at once, or a person is asked. */
  readonly revert: "auto" | "ask";
  readonly gates: readonly Gate[];
}

const STABILISATION_MS = 72 * HOUR_MS;

export const stabilisationSchema = strictFields({
  for: asText.duration({ min: MINUTE_MS, max: 30 * DAY_MS }).default(STABILISATION_MS),
  revert: z.enum(["auto", "ask"]).default("auto"),
  gates: gatesSchema("revert-all"),
})
  .refine(({ gates }) => gates.some(({ rule }) => "interval" in rule), {
    message: "name at least one gate that measures: without one the window shows nothing",
    path: ["gates"],
  })
  .transform(
    ({ for: forMs, revert, gates }): Stabilisation => ({
      forMs,
      revert,
      gates: gates.map((gate) => (revert === "ask" ? { ...gate, onFail: "halt" } : gate)),
    }),
  );

/** How many hosts may be taken back at once, and how many before a person is asked. */
export interface RevertBudget {
  readonly inFlightMax: number;
  readonly hostsMax: number;
}

export const revertBudget: z.ZodType<RevertBudget> = strictFields({
  inFlightMax: z.int().min(1).max(10_000),
  hostsMax: z.int().min(0).max(1_000_000),
});
