import type { Labels } from "../base/labels.ts";

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
