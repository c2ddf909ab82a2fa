import { z } from "zod";
import { grammar } from "../base/document.ts";
import { strictFields } from "../base/yaml-text.ts";
import { query, type Writing } from "./rings-writing.ts";

/** One metric of a comparison: how it is asked for, in which direction it is worse, what it weighs. */
export interface MetricRule {
  readonly name: string;
  readonly query: string;
  /** In which direction patched hosts must not lie beside their peers. */
  readonly direction: "increase" | "decrease" | "either";
  readonly weight: number;
  /** Its failure is the failure of the whole comparison. */
  readonly critical: boolean;
  /** Without data the comparison is inconclusive; else the metric is left out of the score. */
  readonly mustHaveData: boolean;
  /** Measured and shown, and counts for nothing. */
  readonly muted: boolean;
  readonly nan: "remove" | "zero";
  /** Values beyond so many interquartile ranges are left out; null: none is. */
  readonly outliers: number | null;
  readonly effect: Effect;
}

/** How large a difference matters, beside being no chance. */
export interface Effect {
  readonly measure: "mean-ratio" | "cles";
  /**
   * Of the ratio of means: how much above (or below) 1 is tolerated. Of the common language effect:
   * how probably a patched host may be worse than a peer (0.5: as often as not).
   */
  readonly tolerated: number;
}

/** Kayenta's tolerance: a difference of a quarter is no reason to stop a patch. */
const MEAN_RATIO_TOLERATED = 0.25;
/** A patched host is worse than a peer in two of three pairs. */
const CLES_TOLERATED = 2 / 3;

export function metricSchema(as: Writing): z.ZodType<MetricRule> {
  return strictFields({
    name: z.string().regex(grammar.id, "a metric's name has lower-case letters, digits, - and ."),
    query,
    direction: z.enum(["increase", "decrease", "either"]).default("increase"),
    weight: z.number().positive().max(1_000).default(1),
    critical: z.boolean().default(false),
    mustHaveData: z.boolean().default(true),
    muted: z.boolean().default(false),
    nan: z.enum(["remove", "zero"]).default("remove"),
    outliers: z.number().positive().max(100).nullable().default(null),
    effect: strictFields({
      measure: z.enum(["mean-ratio", "cles"]).default("mean-ratio"),
      tolerated: as.share("what is tolerated").optional(),
    }).default({ measure: "mean-ratio" }),
  }).transform(({ effect, ...rest }) => ({
    ...rest,
    effect: {
      measure: effect.measure,
      tolerated:
        effect.tolerated ?? (effect.measure === "cles" ? CLES_TOLERATED : MEAN_RATIO_TOLERATED),
    },
  }));
}
