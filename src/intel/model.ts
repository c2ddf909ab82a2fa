import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";

/**
 * What is vulnerable: feeds, advisory statements, vulnerabilities and findings.
 *
 * A statement says for one (ecosystem, package, vulnerability) which versions are affected. Findings
 * are derived as (vulnerability × distinct package) pairs; who is exposed follows from set history.
 * Statements are written only when they change and carry `valid_from`/`valid_to`, so "what did we know
 * on 3 May" has an exact answer. Versions that cannot be compared give *unknown*, never a string order.
 *
 * Invariants: the last good generation of a feed stays until the next one is complete and passes the
 * shrink guard; a bad record never drops the good ones; coverage is explicit: a package whose
 * ecosystem no fresh feed covers is `unknown-coverage`, never clean.
 */

export type FindingState =
  | "affected-fix-available"
  | "affected-no-fix"
  | "fix-deferred"
  | "will-not-fix"
  | "end-of-life"
  | "under-investigation"
  | "not-affected"
  | "fixed"
  | "unknown-coverage";

/** The states that count as exposure. */
export const exposedStates = [
  "affected-fix-available",
  "affected-no-fix",
  "fix-deferred",
  "will-not-fix",
  "end-of-life",
] as const satisfies readonly FindingState[];

/** Normalised advisory statement, the same for every feed. */
export interface Statement {
  readonly feed: string;
  readonly ecosystem: string;
  /** Source package for distributions, package name for language ecosystems. */
  readonly packageName: string;
  readonly matches: "source" | "binary";
  readonly vulnerability: string;
  /** The advisory that says so (DSA-…, DEBIAN-CVE-…), for people to look up; "" when none. */
  readonly advisory: string;
  readonly state:
    | { readonly kind: "fixed"; readonly version: string }
    | { readonly kind: "never-affected"; readonly why?: string }
    | { readonly kind: "open" }
    | { readonly kind: "deferred"; readonly why: string }
    | { readonly kind: "ignored"; readonly why: string }
    | { readonly kind: "end-of-life" }
    | { readonly kind: "undetermined" }
    | {
        readonly kind: "ranges";
        readonly ranges: readonly VersionRange[];
        /** Versions the publisher lists one by one: affected whatever the ranges say. */
        readonly versions: readonly string[];
      }
    | { readonly kind: "cpe"; readonly configurations: readonly CpeConfiguration[] };
  readonly urgency: string;
  /**
   * rpm module streams (`nodejs:16`) whose builds it speaks of; empty when it speaks of a module's
   * build but does not say of which; absent for ordinary builds.
   */
  readonly streams?: readonly string[];
  /** Architectures it speaks of, where a publisher built them at different versions. */
  readonly arches?: readonly string[];
}

/** OSV range semantics: events sorted, `introduced: "0"` from the start, `versions` or ranges. */
export interface VersionRange {
  readonly introduced: string;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
}

/**
 * Which products a CVE is in, as the NVD and CVE records write it: of several configurations one has to
 * be there; within one its nodes all together or one of them, and so within a node.
 */
export interface CpeConfiguration {
  readonly needsAll: boolean;
  readonly isNegated: boolean;
  readonly nodes: readonly CpeNode[];
}

export interface CpeNode {
  readonly needsAll: boolean;
  readonly isNegated: boolean;
  readonly matches: readonly CpeMatch[];
}

/** Versions of a product: `from` and `upTo` are among them, `after` and `before` are not. */
export interface CpeMatch {
  readonly cpe: string;
  /** False for what it only has to run on. */
  readonly isVulnerable: boolean;
  readonly from?: string;
  readonly after?: string;
  readonly upTo?: string;
  readonly before?: string;
}

export interface Vulnerability {
  /** CVE id where one exists, else the database's own. */
  readonly id: string;
  readonly title: string;
  readonly publishedAt: Instant | null;
  readonly status: "published" | "rejected" | "withdrawn" | "disputed";
  readonly cvss: readonly {
    readonly source: string;
    readonly version: string;
    readonly vector: string;
    readonly score: number;
  }[];
  readonly kev: {
    readonly addedAt: Instant;
    readonly dueAt: Instant | null;
    readonly isRansomware: boolean;
  } | null;
  readonly epss: { readonly score: number; readonly percentile: number } | null;
  readonly ssvc: {
    readonly exploitation: "none" | "poc" | "active";
    readonly isAutomatable: boolean;
    readonly technicalImpact: "partial" | "total";
  } | null;
}

/** Why a package is or is not affected: enough to repeat the comparison by hand. */
export interface MatchExplanation {
  readonly feed: string;
  readonly generation: Digest;
  readonly advisory: string;
  readonly rule: string;
  readonly packageName: string;
  readonly installed: string;
  readonly comparedWith: string | null;
  readonly comparison: "lower" | "equal" | "higher" | "not-comparable" | "not-compared";
}

export interface Finding {
  readonly vulnerability: string;
  readonly packageId: number;
  readonly state: FindingState;
  /** The version of the matched (source) package that fixes it, where known. */
  readonly fixedVersion: string | null;
  readonly because: MatchExplanation;
}
