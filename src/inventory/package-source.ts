import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

/**
 * Sources of packages as hosts have them: which there are, whether what they give is authenticated,
 * and what people decided about each. A source that nobody assessed is neither trusted nor blocked; one
 * that gives packages without a signature takes part in no plan, whoever trusts it.
 */
export const sourceKinds = ["distribution", "vendor", "third-party", "community"] as const;
export type SourceKind = (typeof sourceKinds)[number];

export const sourceTrusts = ["trusted", "blocked"] as const;
export type SourceTrust = (typeof sourceTrusts)[number];

export interface SourceAssessment {
  readonly uri: string;
  readonly suite: string;
  readonly trust: SourceTrust;
  readonly kind: SourceKind;
  readonly reason: string;
  readonly assessedBy: SubjectId;
  readonly assessedAt: Instant;
}

export interface PackageSource {
  readonly uri: string;
  readonly suite: string;
  /** Sorted; `-` where a host could not read its lists, so that nothing is known of them. */
  readonly components: readonly string[];
  /** Hosts that have it, and those of them that take from it what nobody signed. */
  readonly hosts: number;
  readonly unauthenticatedHosts: number;
  readonly assessment: SourceAssessment | null;
}

/** Why a host with this source takes part in no plan. */
export interface DistrustedSource {
  readonly uri: string;
  readonly suite: string;
  readonly because: "unauthenticated" | "blocked";
}

export function distrustToText({ uri, suite, because }: DistrustedSource): string {
  return because === "blocked"
    ? `${uri} ${suite} is blocked`
    : `${uri} ${suite} gives packages that nobody signed`;
}

/** What is to be minded about a source, in words; null when nothing is. */
export function sourceConcern(source: PackageSource): string | null {
  const { assessment, hosts, unauthenticatedHosts } = source;
  if (assessment?.trust === "blocked") return "blocked: its hosts take part in no plan";
  if (unauthenticatedHosts > 0) {
    return `not authenticated on ${unauthenticatedHosts} of ${hosts}: give it its key (Signed-By, gpgcheck=1) there`;
  }
  return assessment === null ? "nobody assessed it" : null;
}
