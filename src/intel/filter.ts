import type { Instant } from "../base/instant.ts";

/**
 * Reasons why a finding does not hold for some hosts. A filtered finding stays visible with its
 * reason and is counted apart; it leaves what people have to do (counts of exposed hosts, deadlines,
 * fix first) only where the reason may set it aside: a VEX statement of an author whose word was
 * verified, or for which somebody answers by name. Facts about the running system are filters too,
 * and set aside by policy only.
 */
export const filterKinds = [
  "vex",
  "not-running",
  "not-loaded",
  "module-disabled",
  "port-unreachable",
] as const;
export type FilterKind = (typeof filterKinds)[number];

/** What speaks against a finding. */
export const filterWords: Readonly<Record<FilterKind, string>> = {
  vex: "VEX",
  "not-running": "not running",
  "not-loaded": "not loaded",
  "module-disabled": "module switched off",
  "port-unreachable": "port not reachable",
};

export interface Filter {
  readonly kind: FilterKind;
  /** Where it comes from: a document's number (`V-3`), or what was observed. */
  readonly source: string;
  readonly author: string;
  /** What the source says of the finding: `not-affected`, `fixed`, `affected` and so on. */
  readonly says: string;
  readonly justification: string;
  readonly since: Instant;
  readonly until: Instant | null;
  /** False: it is shown beside the finding and changes nothing. */
  readonly isSetAside: boolean;
  /** It stays counted, and comes after what nothing speaks against. Never beside `isSetAside`. */
  readonly isLowered?: boolean;
  /** Why it may set aside, or why it may not. */
  readonly trust: string;
}

/** What filters ask of a group of equal hosts. */
export interface FilteredGroup {
  /** Ids of the filter scopes that its hosts are in, between commas, and more. */
  readonly marks?: string | undefined;
}

/** The filter of one vulnerability on a package of these hosts; null where nothing is said. */
export type FilterOf = (packageId: number, group: FilteredGroup) => Filter | null;

/** Vulnerabilities that something is said about. */
export type Filters = ReadonlyMap<string, FilterOf>;

/** One VEX statement that fits one finding. */
export interface VexClaim {
  readonly packageId: number;
  readonly vulnerability: string;
  /** Id of the scope it is limited to; null for every host. */
  readonly scope: number | null;
  readonly document: number;
  readonly author: string;
  readonly status: VexStatus;
  readonly justification: string;
  readonly saidAt: Instant | null;
  readonly since: Instant;
  readonly until: Instant | null;
  readonly trust: VexTrust;
  readonly trustedBy: string;
}

export type VexStatus = "affected" | "not-affected" | "fixed" | "under-investigation";
export type VexTrust = "none" | "approver" | "publisher" | "responsible";

export function filtersOf(claims: readonly VexClaim[]): Filters {
  const byVulnerability = Map.groupBy(claims, (claim) => claim.vulnerability);
  return new Map([...byVulnerability].map(([id, own]) => [id, filterOf(own)]));
}

function filterOf(claims: readonly VexClaim[]): FilterOf {
  const byPackage = Map.groupBy(claims, (claim) => claim.packageId);
  // Groups are many, the ways in which scopes select them are few.
  const known = new Map<string, Filter | null>();
  return (packageId, { marks = "" }) => {
    const own = byPackage.get(packageId);
    if (own === undefined) return null;
    const key = `${packageId} ${marks}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const scopes = new Set(marks.split(","));
    const fitting = own.filter(({ scope }) => scope === null || scopes.has(String(scope)));
    const filter = decided(fitting);
    known.set(key, filter);
    return filter;
  };
}

/**
 * Of each author the latest statement counts. Nobody's word is needed to be careful, so a later
 * "affected" ends an earlier "not affected" of the same author whether it was verified or not; the
 * other way round it must be verified. Where trusted authors differ, the worse one decides.
 */
export function decided(claims: readonly VexClaim[]): Filter | null {
  const byAuthor = [...Map.groupBy(claims, (claim) => claim.author.toLowerCase()).values()];
  const trusted = byAuthor.flatMap((own) => latest(own.filter(mayEnd)) ?? []);
  const deciding = worst(trusted.filter(({ trust }) => trust !== "none"));
  const isSetAside = deciding !== null && mayEnd(deciding) && isHarmless(deciding.status);
  const shown = deciding ?? worst(byAuthor.flatMap((own) => latest(own) ?? []));
  return shown === null ? null : shownFilter(shown, isSetAside);
}

/** Whether it may take the place of what its author said before. */
function mayEnd(claim: VexClaim): boolean {
  return !isHarmless(claim.status) || (claim.trust !== "none" && hasReason(claim));
}

function isHarmless(status: VexStatus): boolean {
  return status === "not-affected" || status === "fixed";
}

/** OpenVEX and CSAF: whoever says that something is not affected must say why. */
function hasReason({ status, justification }: VexClaim): boolean {
  return status !== "not-affected" || justification !== "";
}

function latest(claims: readonly VexClaim[]): VexClaim | null {
  const sorted = claims.toSorted(
    (a, b) => (b.saidAt ?? 0) - (a.saidAt ?? 0) || badness[b.status] - badness[a.status],
  );
  return sorted[0] ?? null;
}

function worst(claims: readonly VexClaim[]): VexClaim | null {
  const sorted = claims.toSorted(
    (a, b) => badness[b.status] - badness[a.status] || a.document - b.document,
  );
  return sorted[0] ?? null;
}

const badness: Readonly<Record<VexStatus, number>> = {
  affected: 3,
  "under-investigation": 2,
  fixed: 1,
  "not-affected": 0,
};

function shownFilter(claim: VexClaim, isSetAside: boolean): Filter {
  return {
    kind: "vex",
    source: `V-${claim.document}`,
    author: claim.author,
    says: claim.status,
    justification: claim.justification,
    since: claim.since,
    until: claim.until,
    isSetAside,
    trust: trustText(claim),
  };
}

function trustText(claim: VexClaim): string {
  if (isHarmless(claim.status) && !hasReason(claim)) {
    return "It does not say why, so it sets nothing aside.";
  }
  switch (claim.trust) {
    case "none":
      return "Nobody verified the author, so it sets nothing aside.";
    case "approver":
      return `Signed by ${claim.trustedBy}, whose key is registered here.`;
    case "publisher":
      return `Signed by the publisher ${claim.trustedBy}.`;
    case "responsible":
      return `${claim.trustedBy} answers for it.`;
  }
}

/** Where a finding is set aside, for counting; undefined where nothing is said. */
export function setAsideOf(
  filter: FilterOf | undefined,
): ((packageId: number, group: FilteredGroup) => boolean) | undefined {
  if (filter === undefined) return undefined;
  return (packageId, group) => filter(packageId, group)?.isSetAside ?? false;
}

/** Where a finding is lowered; undefined where nothing is said. */
export function loweredOf(
  filter: FilterOf | undefined,
): ((packageId: number, group: FilteredGroup) => boolean) | undefined {
  if (filter === undefined) return undefined;
  return (packageId, group) => filter(packageId, group)?.isLowered ?? false;
}
