import type { Tone } from "../base/tone.ts";
import { type CoverageReason, coverageReasons } from "./coverage.ts";
import type { PairGroup } from "./exposure.ts";
import { riskState } from "./host-risk.ts";
import type { GroupRisk } from "./knowledge.ts";
import type { Vulnerability } from "./model.ts";

/**
 * How a service stands by its own components. What cannot be judged never counts as good: neither
 * entries without a package URL, nor packages no feed speaks of, nor a service nobody described.
 */
export interface ServiceRiskInput {
  readonly risk: GroupRisk;
  readonly gaps: ReadonlyMap<CoverageReason, number>;
  /** Entries of its bills that cannot be judged at all. */
  readonly unknownCount: number;
  readonly componentCount: number;
  readonly artifactCount: number;
}

export interface ServiceState {
  readonly state: Tone;
  readonly label: string;
  readonly reason: string | null;
}

export function serviceState(input: ServiceRiskInput): ServiceState {
  if (input.artifactCount === 0) {
    const reason = "Nobody has handed in what is in it.";
    return { state: "unknown", label: "not known", reason };
  }
  const known = riskState(input);
  if (known.state !== "good") return known;
  const { unknownCount, componentCount } = input;
  if (componentCount === 0) {
    const reason = "Its bill of materials names no component.";
    return { state: "unknown", label: "not known", reason };
  }
  if (unknownCount === 0) return known;
  const entries = unknownCount === 1 ? "1 entry" : `${unknownCount} entries`;
  return {
    state: "unknown",
    label: "not fully known",
    reason: `Nothing is found, but ${entries} of its bill of materials cannot be judged.`,
  };
}

/** Each vulnerability once, however many components have it. */
export function riskOfPairs(
  pairs: readonly PairGroup[],
  facts: ReadonlyMap<string, Vulnerability>,
): GroupRisk {
  const all = new Set(pairs.map((pair) => pair.vulnerability));
  const fixable = new Set(
    pairs.flatMap((pair) => (pair.state === "affected-fix-available" ? [pair.vulnerability] : [])),
  );
  let exploited = 0;
  let epss = 0;
  for (const id of all) {
    const fact = facts.get(id);
    if (fact?.kev != null) exploited += 1;
    epss = Math.max(epss, fact?.epss?.score ?? 0);
  }
  return { exploited, open: all.size, fixable: fixable.size, epss };
}

/** What is not known, in sentences. */
export function notKnownText(
  input: Pick<ServiceRiskInput, "gaps" | "unknownCount">,
): readonly string[] {
  const gaps = [...input.gaps]
    .sort(([, a], [, b]) => b - a)
    .map(
      ([reason, count]) =>
        `${count === 1 ? "1 package" : `${count} packages`}: ${coverageReasons[reason]}`,
    );
  if (input.unknownCount === 0) return gaps;
  const entries = input.unknownCount === 1 ? "1 entry" : `${input.unknownCount} entries`;
  return [...gaps, `${entries} cannot be judged: they name no package, or none we can read.`];
}
