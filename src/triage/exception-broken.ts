import type { Assumptions, ReasonClass } from "./exception.ts";

/**
 * Whether what an approval rested on still holds. What broke it ends the exception by itself: people
 * agreed to something else than what is the case now.
 */
export interface FactsNow extends Assumptions {
  /** Its hosts that do not carry the label of the compensating control. */
  readonly withoutControl: number;
}

export type Broken =
  | { readonly why: "known-exploited"; readonly vulnerabilities: readonly string[] }
  | { readonly why: "exposed" }
  | { readonly why: "fix-available"; readonly vulnerabilities: readonly string[] }
  | { readonly why: "control-gone"; readonly hosts: number };

/** The first that is no longer so, the gravest first; null while all of it holds. */
export function brokenAssumption(
  exception: { readonly reasonClass: ReasonClass; readonly assumes: Assumptions },
  now: FactsNow,
): Broken | null {
  const { assumes, reasonClass } = exception;
  const exploited = beyond(now.exploited, assumes.exploited);
  if (exploited.length > 0) return { why: "known-exploited", vulnerabilities: exploited };
  if (now.withoutControl > 0) return { why: "control-gone", hosts: now.withoutControl };
  if (now.isExposed && !assumes.isExposed) return { why: "exposed" };
  if (reasonClass === "no-fix" && now.fixable.length > 0) {
    return { why: "fix-available", vulnerabilities: now.fixable };
  }
  return null;
}

function beyond(now: readonly string[], then: readonly string[]): readonly string[] {
  const known = new Set(then);
  return now.filter((one) => !known.has(one));
}

const NAMED_MAX = 5;

export function brokenInWords(broken: Broken): string {
  switch (broken.why) {
    case "known-exploited":
      return `Listed as known to be exploited since: ${named(broken.vulnerabilities)}.`;
    case "exposed":
      return "A host it reaches is exposed now; none was when it was approved.";
    case "fix-available":
      return `There is a fix now for ${named(broken.vulnerabilities)}; it was given because there was none.`;
    case "control-gone":
      return `The compensating control is gone from ${broken.hosts} of its hosts: they do not carry its label.`;
  }
}

function named(ids: readonly string[]): string {
  const more = ids.length > NAMED_MAX ? ` and ${ids.length - NAMED_MAX} more` : "";
  return `${ids.slice(0, NAMED_MAX).join(", ")}${more}`;
}
