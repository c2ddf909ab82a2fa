import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

export const retentionClasses = ["changes", "access", "rest"] as const;
export type RetentionClass = (typeof retentionClasses)[number];

/** What one person asked for: to keep a class for a shorter time. */
export interface AskedRetention {
  readonly days: number;
  readonly by: SubjectId;
  readonly at: Instant;
}

export interface Retention {
  readonly class: RetentionClass;
  readonly days: number;
  readonly asked: AskedRetention | null;
}

export type RetentionStep =
  | { readonly kind: "nothing" }
  /** Longer, or the end of what was asked for: at once. */
  | { readonly kind: "set"; readonly days: number }
  | { readonly kind: "ask"; readonly days: number }
  | { readonly kind: "refused"; readonly why: string };

/**
 * What follows when a person wants a class kept for so many days. Longer counts at once; shorter is asked
 * for by one person and done by another who wants the same; wanting what counts now ends the asking.
 */
export function retentionStep(
  now: Retention,
  wanted: { readonly days: number; readonly by: SubjectId },
): RetentionStep {
  const { asked, days } = now;
  if (wanted.days > days) return { kind: "set", days: wanted.days };
  if (wanted.days === days) return asked === null ? { kind: "nothing" } : { kind: "set", days };
  if (asked === null || asked.days !== wanted.days) return { kind: "ask", days: wanted.days };
  if (asked.by === wanted.by)
    return { kind: "refused", why: "You asked for it. Another person has to agree." };
  return { kind: "set", days: wanted.days };
}
