import { z } from "zod";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { strictFields } from "../base/yaml-text.ts";
import { type Amount, amount, duration, labelKey } from "./rings-fields.ts";

/**
 * How many hosts of one service, cluster, zone or site may be away at once, whichever rollouts take
 * them; and how fast a wave may start hosts.
 */
export interface BudgetRule {
  /** The label whose values the rule counts by. */
  readonly by: string;
  /** The values it is about; null: all that no earlier rule of the same label names. */
  readonly only: readonly string[] | null;
  readonly limit: BudgetLimit;
}

export type BudgetLimit =
  | { readonly kind: "unavailable"; readonly most: Amount }
  /** So many members must stay; more than half of them by `majority`. */
  | { readonly kind: "quorum"; readonly quorum: number | "majority" };

export interface Rate {
  readonly hosts: number;
  readonly seconds: number;
}

const RULES_MAX = 32;
const MEMBERS_MAX = 100_000;

const budget = strictFields({
  by: labelKey,
  only: z.array(z.string().min(1).max(63)).min(1).max(256).optional(),
  unavailable: amount(0).optional(),
  quorum: z
    .union([z.literal("majority"), z.int().min(1).max(MEMBERS_MAX)], {
      error: "write majority, or how many members must stay",
    })
    .optional(),
})
  .refine(({ unavailable, quorum }) => (unavailable === undefined) !== (quorum === undefined), {
    message: "say either how many may be unavailable, or the quorum that must stay",
  })
  .transform(
    ({ by, only, unavailable, quorum }): BudgetRule => ({
      by,
      only: only ?? null,
      limit:
        unavailable === undefined
          ? { kind: "quorum", quorum: quorum ?? "majority" }
          : { kind: "unavailable", most: unavailable },
    }),
  );

export const budgets = z.array(budget).max(RULES_MAX).default([]);

/** Not more than `hosts` of the wave are started within any `per`. */
export const rate = strictFields({
  hosts: z.int().min(1).max(MEMBERS_MAX),
  per: duration({ min: MINUTE_MS, max: 24 * HOUR_MS }),
}).transform(({ hosts, per }): Rate => ({ hosts, seconds: per / SECOND_MS }));

/** The rule for a value of a label: the first that names it or names none; null where none does. */
export function budgetFor(
  rules: readonly BudgetRule[],
  of: { readonly key: string; readonly value: string },
): BudgetRule | null {
  const isMeant = ({ by, only }: BudgetRule): boolean =>
    by === of.key && (only === null || only.includes(of.value));
  return rules.find(isMeant) ?? null;
}

/**
 * How many of so many members may be away. A share is rounded down, but not to none: else nobody
 * could ever patch a small service; whoever means none writes 0.
 */
export function unavailableMax({ limit }: BudgetRule, members: number): number {
  if (limit.kind === "quorum") {
    const quorum = limit.quorum === "majority" ? Math.floor(members / 2) + 1 : limit.quorum;
    return Math.max(0, members - quorum);
  }
  const { most } = limit;
  if (most.kind === "count") return Math.min(members, most.count);
  return most.percent === 0 ? 0 : Math.max(1, Math.floor((members * most.percent) / 100));
}

/** The rule in few words, such as "at most 10 % unavailable". */
export function budgetLimitToText(limit: BudgetLimit): string {
  if (limit.kind === "quorum") {
    return limit.quorum === "majority" ? "a majority must stay" : `${limit.quorum} must stay`;
  }
  const { most } = limit;
  return `at most ${most.kind === "count" ? most.count : `${most.percent} %`} unavailable`;
}
