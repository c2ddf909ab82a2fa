import { z } from "zod";
import { sha256 } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { canonicalJson } from "../base/json.ts";
import {
  type RuntimePolicy,
  type RuntimeReason,
  type RuntimeRule,
  ruleAgainst,
  runtimeReasons,
} from "../policy/runtime.ts";
import type { Filter, FilterOf, Filters } from "./filter.ts";
import type { RuntimeQuestion, RuntimeVerdict } from "./runtime-filter.ts";

/**
 * Findings that the runtime policy sets aside or lowers. Hosts with the same packages and the same picture of
 * what runs, on which the same rules fit, are judged once; hosts on which it does the same share one
 * content under its digest, and carry its number as a mark, as they carry those of other filters.
 */
export const asideSchema = z.object({
  policy: z.object({ file: z.string(), version: z.string() }),
  /** What was seen, by which rule it counts. */
  reasons: z.array(
    z.object({
      kind: z.enum(runtimeReasons),
      text: z.string(),
      rule: z.string(),
      effect: z.enum(["set-aside", "lower"]).default("set-aside"),
    }),
  ),
  /** Of each vulnerability the packages, each with the place of its reason. */
  aside: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
});
export type AsideContent = z.output<typeof asideSchema>;

export interface GroupToJudge {
  readonly isOf: (rulePlace: number) => boolean;
  readonly judge: (question: RuntimeQuestion) => RuntimeVerdict;
  /** What of each source these hosts have, with what is open in it. */
  readonly sources: readonly {
    readonly names: readonly string[];
    readonly isKernel: boolean;
    readonly packages: readonly {
      readonly id: number;
      readonly vulnerabilities: readonly string[];
    }[];
  }[];
}

export interface OpenFact {
  readonly vectors: readonly string[];
  readonly programFiles: readonly string[];
  readonly isExploited: boolean;
}

/** What is set aside or lowered on these hosts; null where nothing is. */
export function asideOn(
  group: GroupToJudge,
  policy: RuntimePolicy,
  factOf: (vulnerability: string) => OpenFact,
): AsideContent | null {
  const places = new Map<string, number>();
  const reasons: AsideContent["reasons"] = [];
  const aside = new Map<string, [number, number][]>();
  for (const { id, vulnerability, names, isKernel } of questionsOf(group)) {
    const { isExploited, ...fact } = factOf(vulnerability);
    const { kind, reason } = group.judge({ ...fact, packages: names, isKernel });
    const seen = kind === null ? null : { reason: kind, isOf: group.isOf, isExploited };
    const rule = seen === null ? null : ruleAgainst(policy, seen);
    if (kind === null || rule === null) continue;
    const key = `${kind}\n${rule.name}\n${reason}`;
    const place = places.get(key) ?? reasons.push(reasonOf(rule, kind, reason)) - 1;
    places.set(key, place);
    const own = aside.get(vulnerability) ?? [];
    aside.set(vulnerability, own);
    own.push([id, place]);
  }
  if (aside.size === 0) return null;
  const { file, version } = policy;
  return { policy: { file, version }, reasons, aside: Object.fromEntries(aside) };
}

function reasonOf(
  { name, effect }: RuntimeRule,
  kind: RuntimeReason,
  text: string,
): AsideContent["reasons"][number] {
  return { kind, text, rule: name, effect: effect === "lower" ? "lower" : "set-aside" };
}

/** Each vulnerability of each package, with what its source has on these hosts. */
function questionsOf({ sources }: GroupToJudge) {
  return sources.flatMap(({ names, isKernel, packages }) =>
    packages.flatMap(({ id, vulnerabilities }) =>
      vulnerabilities.map((vulnerability) => ({ id, vulnerability, names, isKernel })),
    ),
  );
}

export function asideDigest(content: AsideContent): string {
  return sha256(canonicalJson(content));
}

export interface KeptAside {
  readonly id: number;
  readonly since: Instant;
  readonly content: AsideContent;
}

/** Filters with what the policy makes of what runs; what VEX sets aside is told by VEX. */
export function withAsides(filters: Filters, kept: readonly KeptAside[]): Filters {
  const byVulnerability = new Map<string, Map<string, Filter>>();
  for (const { vulnerability, key, filter } of kept.flatMap(filtersIn)) {
    const own = byVulnerability.get(vulnerability) ?? new Map<string, Filter>();
    byVulnerability.set(vulnerability, own.set(key, filter));
  }
  if (byVulnerability.size === 0) return filters;
  const all = new Map(filters);
  for (const [vulnerability, own] of byVulnerability) {
    all.set(vulnerability, eitherOf(filters.get(vulnerability), own));
  }
  return all;
}

/** By the mark of the hosts and the package. */
function filtersIn({ id, since, content }: KeptAside) {
  const reasons = content.reasons.map((reason) => filterFor(reason, since, content.policy));
  return Object.entries(content.aside).flatMap(([vulnerability, packages]) =>
    packages.flatMap(([packageId, place]) => {
      const filter = reasons[place];
      return filter === undefined ? [] : [{ vulnerability, key: `r${id} ${packageId}`, filter }];
    }),
  );
}

function eitherOf(vex: FilterOf | undefined, own: ReadonlyMap<string, Filter>): FilterOf {
  return (packageId, group) => {
    const said = vex?.(packageId, group) ?? null;
    if (said?.isSetAside === true) return said;
    const mark = markIn(group.marks ?? "");
    return (mark === null ? undefined : own.get(`${mark} ${packageId}`)) ?? said;
  };
}

/** The mark of what runs stands last among those of a host. */
function markIn(marks: string): string | null {
  return /(?:^|,)(r\d+)$/.exec(marks)?.[1] ?? null;
}

function filterFor(
  { kind, text, rule, effect }: AsideContent["reasons"][number],
  since: Instant,
  policy: AsideContent["policy"],
): Filter {
  const isLowered = effect === "lower";
  return {
    kind,
    source: "inspection",
    author: "The running system",
    says: kind,
    justification: text,
    since,
    until: null,
    isSetAside: !isLowered,
    isLowered,
    trust: `${isLowered ? "Lowered" : "Set aside"} by the rule "${rule}" of ${policy.file} (${policy.version.slice(0, 12)}).`,
  };
}
