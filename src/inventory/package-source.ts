import type { Digest } from "../base/digest.ts";
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

/** What this server saw when it verified a source itself; `unreached` says nothing for or against it. */
export const sourceCheckStates = ["verified", "refused", "unreached"] as const;
export type SourceCheckState = (typeof sourceCheckStates)[number];

/** The keys that were pinned for a source, and the last look at it by them. */
export interface SourceKey {
  readonly form: "deb" | "rpm";
  /** Of primary keys, upper-case hex. */
  readonly fingerprints: readonly string[];
  readonly reason: string;
  readonly pinnedBy: SubjectId;
  readonly pinnedAt: Instant;
  readonly check: SourceCheck | null;
}

export interface SourceCheck {
  readonly state: SourceCheckState;
  readonly checkedAt: Instant;
  /** Why it is not verified; null when it is. */
  readonly because: string | null;
  /** Of the newest index that was verified; null before. */
  readonly dated: Instant | null;
  readonly validUntil: Instant | null;
  readonly signedBy: string | null;
  /** Its lists of packages that were read by their digests, and of which day's index; null before. */
  readonly lists: readonly SourceList[];
  readonly listedDated: Instant | null;
  /** Why those of the newest index were not read; null where they were. */
  readonly unlisted: string | null;
}

export interface SourceList {
  readonly path: string;
  readonly sha256: Digest;
  /** Of which packages it is; null: of all. */
  readonly arch: string | null;
  readonly entries: number;
}

export interface PackageSource {
  readonly uri: string;
  readonly suite: string;
  /**
   * Sorted; `?` where a host could not read its lists, so that nothing is known of them, and `-` where a
   * source has none (rpm, and apt's flat ones).
   */
  readonly components: readonly string[];
  /** Hosts that have it, and those of them that take from it what nobody signed. */
  readonly hosts: number;
  readonly unauthenticatedHosts: number;
  /** Hosts that take signed packages from it, but by an index that need not be signed, or did not tell. */
  readonly unsignedIndexHosts: number;
  readonly assessment: SourceAssessment | null;
  readonly key: SourceKey | null;
}

export const distrustReasons = ["unauthenticated", "unsigned-index", "blocked", "refused"] as const;
export type DistrustReason = (typeof distrustReasons)[number];

/** Why a host with this source takes part in no plan. */
export interface DistrustedSource {
  readonly uri: string;
  readonly suite: string;
  readonly because: DistrustReason;
}

export function distrustToText({ uri, suite, because }: DistrustedSource): string {
  const what = {
    blocked: "is blocked",
    refused: "failed this server's own check against its pinned key (fettle source list)",
    unauthenticated: "gives packages that nobody signed",
    "unsigned-index": "may show an index without signature: set repo_gpgcheck=1, then look again",
  } as const;
  return `${uri} ${suite} ${what[because]}`;
}

/** What is to be minded about a source, in words; null when nothing is. */
export function sourceConcern(source: PackageSource): string | null {
  const { assessment, hosts, unauthenticatedHosts, key } = source;
  if (assessment?.trust === "blocked") return "blocked: its hosts take part in no plan";
  if (key?.check?.state === "refused") {
    return `its check failed: ${key.check.because}; its hosts take part in no plan`;
  }
  if (unauthenticatedHosts > 0) {
    return `not authenticated on ${unauthenticatedHosts} of ${hosts}: give it its key (Signed-By, gpgcheck=1) there`;
  }
  if (key?.check?.state === "unreached") return `could not be checked: ${key.check.because}`;
  if (key?.check?.unlisted != null) return `its lists were not read: ${key.check.unlisted}`;
  return assessment === null ? "nobody assessed it" : null;
}
