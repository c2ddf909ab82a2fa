import { actionText, type ServiceAction, type ServiceVulnerability } from "./service-findings.ts";

/**
 * Whether what was built may go on, asked by a pipeline. No data is never a pass: while components are
 * still being matched the answer is "not yet".
 */
export const gateRules = [
  "known-exploited",
  "critical",
  "high",
  "medium",
  "any",
  "unknown",
] as const;
export type GateRule = (typeof gateRules)[number];

export interface GateVerdict {
  readonly state: "not-yet" | "pass" | "fail";
  readonly reasons: readonly string[];
  /** What the rules would have caught, had a trusted author not set it aside. */
  readonly setAside: readonly string[];
}

export interface GateInput {
  readonly rules: readonly GateRule[];
  readonly actions: readonly ServiceAction[];
  readonly unmatchedCount: number;
  readonly artifactCount: number;
  /** Why some of it is not known, in sentences. */
  readonly notKnown: readonly string[];
  /** What trusted authors set aside. */
  readonly setAside: readonly {
    readonly id: string;
    readonly isExploited: boolean;
    readonly cvss: number | null;
    readonly filter: { readonly source: string; readonly trust: string };
  }[];
}

export function gateVerdict(input: GateInput): GateVerdict {
  if (input.artifactCount === 0) {
    const reasons = ["Nobody has handed in what is in it, so nothing can be said."];
    return { state: "fail", reasons, setAside: [] };
  }
  if (input.unmatchedCount > 0) {
    const reasons = [`${input.unmatchedCount} of its components are still being matched.`];
    return { state: "not-yet", reasons, setAside: [] };
  }
  const found = input.actions.flatMap((action) => reasonOf(action, input.rules) ?? []);
  const unknown = input.rules.includes("unknown") ? input.notKnown : [];
  const reasons = [...found, ...unknown];
  const setAside = asideTexts(input);
  return { state: reasons.length === 0 ? "pass" : "fail", reasons, setAside };
}

/** Each vulnerability once, with whose word it rests on. */
function asideTexts({ rules, setAside }: GateInput): readonly string[] {
  const caught = setAside.filter((one) => rules.some((rule) => isCaught(one, rule)));
  const texts = caught.map(
    ({ id, filter }) => `${id} is set aside by ${filter.source}. ${filter.trust}`,
  );
  return [...new Set(texts)];
}

function reasonOf(action: ServiceAction, rules: readonly GateRule[]): string | null {
  const all = [...action.cleared, ...action.remaining];
  const caught = all.filter((one) => rules.some((rule) => isCaught(one, rule)));
  if (caught.length === 0) return null;
  const shown = caught.slice(0, 5).map((one) => one.id);
  const more = caught.length > shown.length ? ` and ${caught.length - shown.length} more` : "";
  return `${actionText(action)} (${shown.join(", ")}${more})`;
}

/** Severity by the highest base score known: CVSS v3.1 §5 and v4.0 §6 draw the same lines. */
const scoreFrom = { critical: 9, high: 7, medium: 4 } as const;

function isCaught(
  one: Pick<ServiceVulnerability, "isExploited" | "cvss">,
  rule: GateRule,
): boolean {
  switch (rule) {
    case "known-exploited":
      return one.isExploited;
    case "any":
      return true;
    case "unknown":
      return false;
    default:
      return one.isExploited || (one.cvss ?? 0) >= scoreFrom[rule];
  }
}
