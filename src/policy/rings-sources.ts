import { z } from "zod";
import { DAY_MS, MINUTE_MS } from "../base/instant.ts";
import { strictFields } from "../base/yaml-text.ts";
import { duration } from "./rings-fields.ts";

/** What a policy asks of the sources that hosts take packages from, and of what they give. */
export interface SourceRules {
  /** Whether hosts take part that take packages from where nobody signs them. */
  readonly unauthenticated: "block" | "allow";
  /** Whether hosts take part that do not demand a signed index of each source (rpm: `repo_gpgcheck`). */
  readonly unsignedIndex: "block" | "allow";
  /** Whether a plan may bring files that no signed index names which this server itself verified. */
  readonly unproven: "block" | "allow";
  /**
   * How long a file must have stood in a signed index that this server read (ms), so that others meet
   * what is wrong with it first; null: no time.
   */
  readonly minimumAgeMs: number | null;
  /** What need not be so old, each with the reason in words; the first that fits. */
  readonly younger: readonly YoungerRule[];
}

export type YoungerRule = { readonly reason: string } & (
  | { readonly kind: "suite"; readonly suite: string }
  | { readonly kind: "known-exploited" }
);

const reason = z.string().trim().min(1).max(160);
const younger = z.union([
  strictFields({
    suite: z
      .string()
      .regex(
        /^[\x21-\x7e]{1,128}$/,
        "write a suite or a repository's id as fettle source list says",
      ),
    reason,
  }).transform((rule): YoungerRule => ({ kind: "suite", ...rule })),
  strictFields({ knownExploited: z.literal(true), reason }).transform(
    (rule): YoungerRule => ({ kind: "known-exploited", reason: rule.reason }),
  ),
]);

export const sourceRules = strictFields({
  /** `allow` plans for such hosts; each host refuses the files of that source all the same. */
  unauthenticated: z.enum(["block", "allow"]).default("block"),
  /** `block` asks for `repo_gpgcheck=1` in each repository of rpm's; apt always demands a signed index. */
  unsignedIndex: z.enum(["block", "allow"]).default("allow"),
  /** `block` takes only what an index names that this server verified by pinned keys. */
  unproven: z.enum(["block", "allow"]).default("allow"),
  minimumAge: duration({ min: MINUTE_MS, max: 90 * DAY_MS }).optional(),
  younger: z.array(younger).max(32).default([]),
}).transform(
  ({ unauthenticated, unsignedIndex, unproven, minimumAge, younger: rules }): SourceRules => ({
    ...{ unauthenticated, unsignedIndex, unproven },
    ...{ minimumAgeMs: minimumAge ?? null, younger: rules },
  }),
);

export const anySources: SourceRules = {
  ...{ unauthenticated: "block", unsignedIndex: "allow", unproven: "allow" },
  ...{ minimumAgeMs: null, younger: [] },
};

/** Why a file of a suite need not be old; null where it must. */
export function youngerBecause(
  rules: SourceRules,
  of: { readonly suite: string | null; readonly isKnownExploited: boolean },
): string | null {
  const found = rules.younger.find((rule) =>
    rule.kind === "suite" ? rule.suite === of.suite : of.isKnownExploited,
  );
  return found?.reason ?? null;
}
