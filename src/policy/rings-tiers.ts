import { z } from "zod";
import {
  DAY_MS,
  durationToText,
  HOUR_MS,
  type Instant,
  instantFromText,
  instantToText,
} from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";
import { strictFields } from "../base/yaml-text.ts";
import { duration } from "./rings-fields.ts";
import { type Party, partiesAsked } from "./rings-procedures.ts";

/**
 * How critical a host is: label `tier`, 0 (nothing works without it) to 3 (nobody notices). A host that
 * does not say counts as the most critical wherever that is the careful choice.
 */
export const tiers = [0, 1, 2, 3] as const;
export type Tier = (typeof tiers)[number];

/** Null where the host does not say, or says what is no tier. */
export function tierOf(labels: Labels): Tier | null {
  const text = labels["tier"];
  return tiers.find((tier) => String(tier) === text) ?? null;
}

/** What hosts of a tier ask for before and while they change. */
export interface TierRule {
  readonly tier: Tier;
  /** Approvals that a plan with such a host needs at least. */
  readonly need: number;
  /** By how much a wave with such a host soaks longer than its ring says. */
  readonly soakFactor: number;
  /** Every step must have its way back, whatever somebody accepts. */
  readonly isWayBackNeeded: boolean;
  /** A backup may be this old when the plan is made; null: none is asked for. */
  readonly backupAgeMaxMs: number | null;
  /** Who must acknowledge how it is taken back before it starts; empty: nobody. */
  readonly procedure: readonly Party[];
}

const NEED_MAX = 8;
const SOAK_FACTOR_MAX = 100;

const rule = strictFields({
  tier: z.union(
    tiers.map((tier) => z.literal(tier)),
    { error: "write a tier from 0 to 3" },
  ),
  need: z.int().min(1).max(NEED_MAX).default(1),
  soakFactor: z.number().min(1).max(SOAK_FACTOR_MAX).default(1),
  wayBack: z.boolean().default(false),
  backup: duration({ min: HOUR_MS, max: 90 * DAY_MS }).optional(),
  procedure: partiesAsked.optional(),
}).transform(
  ({ tier, need, soakFactor, wayBack, backup, procedure }): TierRule => ({
    ...{ tier, need, soakFactor, isWayBackNeeded: wayBack },
    backupAgeMaxMs: backup ?? null,
    procedure: procedure ?? [],
  }),
);

export const tierRules = z
  .array(rule)
  .max(tiers.length)
  .default([])
  .refine((rules) => new Set(rules.map(({ tier }) => tier)).size === rules.length, {
    message: "a tier has one rule",
  });

/** The rule for a host; one that does not say its tier is under that of tier 0. */
export function tierRuleOf(rules: readonly TierRule[], labels: Labels): TierRule | null {
  const tier = tierOf(labels) ?? 0;
  return rules.find((one) => one.tier === tier) ?? null;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const SECOND = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * When the host was backed up, by its label `backup`: `2026-11-21`, which counts from the beginning
 * of that day in UTC, or `20261121T220000Z`. Null where it does not say, or says what is no time.
 */
export function backupAt(labels: Labels): Instant | null {
  const text = labels["backup"] ?? "";
  if (DAY.test(text)) return instantFromText(`${text}T00:00:00Z`);
  return instantFromText(text.replace(SECOND, "$1-$2-$3T$4:$5:$6Z"));
}

/** A backup of the future proves nothing. */
export function isBackedUp(rule: TierRule, labels: Labels, now: Instant): boolean {
  const at = backupAt(labels);
  return (
    rule.backupAgeMaxMs === null || (at !== null && at <= now && now - at <= rule.backupAgeMaxMs)
  );
}

/** How a backup is told to Fettle, as people are shown it. */
const HOW_TOLD = "such as backup=2026-11-21 or backup=20261121T220000Z";

/**
 * What is known of the host's backup, in words. Null where neither a backup nor a tier is told, as
 * nobody asks such a host for one by its own name.
 */
export function backupToText(labels: Labels, now: Instant): string | null {
  const text = labels["backup"];
  const at = backupAt(labels);
  if (text === undefined) {
    const tier = tierOf(labels);
    return tier === null
      ? null
      : `No backup of this host of tier ${tier} is told. Whatever makes it sets a label, ${HOW_TOLD}.`;
  }
  if (at === null) return `Label backup says "${text}", which is no time; write one ${HOW_TOLD}.`;
  const since = instantToText(at).replace(".000Z", "Z");
  if (at > now) return `Label backup says ${since}, which is to come and proves nothing.`;
  return `Backed up at ${since}, ${durationToText(now - at)} ago, as its label backup says.`;
}
