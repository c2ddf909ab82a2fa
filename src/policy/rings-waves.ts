import { z } from "zod";
import { type Selector, selectorToText } from "../base/labels.ts";
import { strictFields } from "../base/yaml-text.ts";
import { type Amount, labelKey, selector } from "./rings-fields.ts";

/**
 * How a ring is cut into waves, one after another: a sample of canaries first, then growing shares,
 * one failure domain after another, or label expressions in their order.
 */
export interface RingWaves {
  /** Null: the ring has no canary wave of its own. */
  readonly canaries: Canaries | null;
  /** Null: all that are no canaries come in one wave. */
  readonly cut: WaveCut | null;
}

export interface Canaries {
  readonly size: Amount;
  /** What the sample must reflect: `os`, or label keys. */
  readonly stratify: readonly string[];
  /** Hosts with the same value of this label replace each other, so a sample takes one of them. */
  readonly cluster: string;
}

export type WaveCut =
  /** Shares of the ring's hosts in percent, canaries counted; rising, the last is 100. */
  | { readonly kind: "percent"; readonly steps: readonly number[] }
  /** One value of the label after another: those named, then the others, the smallest first. */
  | { readonly kind: "label"; readonly key: string; readonly order: readonly string[] }
  /** Each host is in the first that selects it; hosts that none selects come last. */
  | { readonly kind: "select"; readonly parts: readonly Selector[] };

export const wholeRing: RingWaves = { canaries: null, cut: null };

/** More waves than these and the signed statement is no longer one that a person reads. */
export const WAVES_MAX = 64;
const CANARIES_MAX = 1_000;
const CANARIES_PERCENT_MAX = 10;

/** `os` is what the host reports of itself; all other names are labels. */
const canaries = strictFields({
  count: z.int().min(1).max(CANARIES_MAX).optional(),
  percent: z.number().gt(0).max(CANARIES_PERCENT_MAX).optional(),
  stratify: z.array(labelKey).min(1).max(8).default(["os", "zone", "site", "service"]),
  cluster: labelKey.default("cluster"),
})
  .refine(({ count, percent }) => (count === undefined) !== (percent === undefined), {
    message: "say how many canaries: either count or percent",
  })
  .transform(
    ({ count, percent, stratify, cluster }): Canaries => ({
      size:
        count === undefined ? { kind: "percent", percent: percent ?? 0 } : { kind: "count", count },
      stratify,
      cluster,
    }),
  );

const steps = z
  .array(z.number().gt(0).max(100))
  .min(1)
  .max(WAVES_MAX)
  .refine((list) => list.every((step, at) => at === 0 || step > (list[at - 1] ?? 0)), {
    message: "the percentages must rise, such as [1, 5, 25, 100]",
  })
  .refine((list) => list.at(-1) === 100, { message: "the last percentage must be 100" });

export const ringWaves = strictFields({
  canaries: canaries.optional(),
  percent: steps.optional(),
  by: labelKey.optional(),
  order: z.array(z.string().min(1).max(63)).min(1).max(WAVES_MAX).optional(),
  select: z
    .array(
      selector.refine((one) => one.length > 0, { message: "name hosts by a label expression" }),
    )
    .min(1)
    .max(WAVES_MAX)
    .optional(),
})
  .refine(
    ({ percent, by, select }) => [percent, by, select].filter((x) => x !== undefined).length <= 1,
    { message: "cut a ring in one way: percent, by, or select" },
  )
  .refine(({ by, order }) => order === undefined || by !== undefined, {
    message: "an order is of the values of a label: name it by `by`",
    path: ["order"],
  })
  .refine(({ order }) => order === undefined || new Set(order).size === order.length, {
    message: "a value stands twice in the order",
    path: ["order"],
  })
  .transform(({ canaries: sample, percent, by, order, select }): RingWaves => {
    const cut = (): WaveCut | null => {
      if (percent !== undefined) return { kind: "percent", steps: percent };
      if (by !== undefined) return { kind: "label", key: by, order: order ?? [] };
      return select === undefined ? null : { kind: "select", parts: select };
    };
    return { canaries: sample ?? null, cut: cut() };
  });

/** Which part of its ring a wave is, and in which step, where services or tiers come after others. */
export type WavePart = RingPiece & { readonly step?: WaveStep | undefined };

export interface WaveStep {
  readonly at: number;
  readonly of: number;
  /** The tier of its hosts, where the tiers of a ring come one after another. */
  readonly tier?: number | undefined;
}

type RingPiece =
  | { readonly kind: "ring" }
  | { readonly kind: "canaries" }
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "label"; readonly key: string; readonly value: string | null }
  /** The expression as written in its short form; null: hosts that none selects. */
  | { readonly kind: "select"; readonly expression: string | null };

const ringPieceSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ring") }),
  z.object({ kind: z.literal("canaries") }),
  z.object({ kind: z.literal("percent"), percent: z.number() }),
  z.object({ kind: z.literal("label"), key: z.string(), value: z.string().nullable() }),
  z.object({ kind: z.literal("select"), expression: z.string().nullable() }),
]);

const stepSchema = z.object({ at: z.number(), of: z.number(), tier: z.number().optional() });

export const wavePartSchema: z.ZodType<WavePart> = z.intersection(
  ringPieceSchema,
  z.object({ step: stepSchema.optional() }),
);

/** The part in few words; empty where the wave is the whole ring. */
export function partToText({ step, ...part }: WavePart): string {
  const words = pieceToText(part);
  if (step === undefined) return words;
  const tier = step.tier === undefined ? "" : `, tier ${step.tier}`;
  return `step ${step.at} of ${step.of}${tier}${words === "" ? "" : `, ${words}`}`;
}

function pieceToText(part: RingPiece): string {
  switch (part.kind) {
    case "ring":
      return "";
    case "canaries":
      return "canaries";
    case "percent":
      return `up to ${part.percent} %`;
    case "label":
      return part.value === null ? `no ${part.key}` : `${part.key}=${part.value}`;
    case "select":
      return part.expression ?? "the others";
  }
}

export function partOfSelector(part: Selector): WavePart {
  return { kind: "select", expression: selectorToText(part) };
}
