import type { Instant } from "../base/instant.ts";
import { filtersOf, type VexClaim } from "./filter.ts";

/**
 * When hosts saw which findings of a package: from when to when a feed said so, without the times in
 * which a trusted statement set it aside there, and by the channel that they may install from. The
 * same rules as for one moment (`seen-pairs.ts`), laid out over time; a test compares the two.
 */
export interface PairTime {
  readonly packageId: number;
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
  readonly fixedVersion: string | null;
  readonly channel: string;
  /** False for a state that does not count as exposure but may stand in the place of one. */
  readonly isExposed: boolean;
  readonly from: Instant;
  readonly to: Instant | null;
  /** True where it ends because a statement sets it aside from then on. */
  readonly isThenAside?: boolean | undefined;
}

/** A claim and when it was known here. */
export interface ClaimTime {
  readonly claim: VexClaim;
  readonly from: Instant;
  readonly to: Instant | null;
}

export interface SeenTimes {
  /** Packages that anything was ever said of. */
  readonly packageIds: readonly number[];
  /** True where hosts with different marks may see different things. */
  readonly differs: (packageId: number) => boolean;
  readonly of: (packageId: number, marks: string) => readonly PairTime[];
  /** The vulnerabilities that were ever said of a package, whoever sees them. */
  readonly everOf: (packageId: number) => ReadonlySet<string>;
  /** The same after a change, with all that is said of these sources now. */
  readonly withSources: (sources: ReadonlySet<string>, pairs: readonly PairTime[]) => SeenTimes;
}

export function seenTimes(pairs: readonly PairTime[], claims: readonly ClaimTime[]): SeenTimes {
  return seenFrom({ byPackage: Map.groupBy(pairs, (pair) => pair.packageId), claims }, new Map());
}

interface SeenFrom {
  readonly byPackage: ReadonlyMap<number, readonly PairTime[]>;
  readonly claims: readonly ClaimTime[];
}

type KnownTimes = Map<string, readonly PairTime[]>;

function seenFrom(from: SeenFrom, known: KnownTimes): SeenTimes {
  const { byPackage, claims } = from;
  const claimed = Map.groupBy(claims, ({ claim }) => keyOf(claim));
  const special = new Set(claimed.keys());
  const differing = new Set<number>();
  for (const [packageId, pairs] of byPackage) {
    for (const pair of pairs) {
      if (pair.channel !== "") special.add(keyOf(pair));
      if (special.size > 0 && special.has(keyOf(pair))) differing.add(packageId);
    }
  }
  const times = (packageId: number, marks: string): readonly PairTime[] => {
    const own = byPackage.get(packageId) ?? [];
    if (!differing.has(packageId)) return own.filter(({ isExposed }) => isExposed);
    const parts = Map.groupBy(own, keyOf);
    return [...parts].flatMap(([key, rows]) =>
      special.has(key)
        ? pieces(rows, claimed.get(key) ?? [], marks)
        : rows.filter(({ isExposed }) => isExposed),
    );
  };
  return {
    packageIds: [...byPackage.keys()],
    differs: (packageId) => differing.has(packageId),
    everOf: (packageId) =>
      new Set((byPackage.get(packageId) ?? []).map(({ vulnerability }) => vulnerability)),
    of: (packageId, marks) => {
      const key = differing.has(packageId) ? `${packageId} ${marks}` : String(packageId);
      const found = known.get(key) ?? times(packageId, marks);
      known.set(key, found);
      return found;
    },
    withSources: (sources, pairs) => withSources({ from, known }, sources, pairs),
  };
}

/** What other packages have stays the very same, and what was made from it with it. */
function withSources(
  { from, known }: { readonly from: SeenFrom; readonly known: KnownTimes },
  sources: ReadonlySet<string>,
  pairs: readonly PairTime[],
): SeenTimes {
  const byPackage = new Map(from.byPackage);
  const anew = Map.groupBy(pairs, (pair) => pair.packageId);
  const touched = new Set(anew.keys());
  for (const [packageId, own] of from.byPackage) {
    const rest = own.filter(({ source }) => !sources.has(source));
    if (rest.length === own.length) continue;
    touched.add(packageId);
    byPackage.set(packageId, rest);
  }
  for (const packageId of touched) {
    const own = [...(byPackage.get(packageId) ?? []), ...(anew.get(packageId) ?? [])];
    if (own.length === 0) byPackage.delete(packageId);
    else byPackage.set(packageId, own);
  }
  const isKept = (key: string): boolean => !touched.has(Number.parseInt(key, 10));
  const others = [...known].filter(([key]) => isKept(key));
  return seenFrom({ byPackage, claims: from.claims }, new Map(others));
}

function keyOf(of: { readonly packageId: number; readonly vulnerability: string }): string {
  return `${of.packageId} ${of.vulnerability}`;
}

/** Between two moments at which anything changes, everything holds. */
function pieces(
  rows: readonly PairTime[],
  claims: readonly ClaimTime[],
  marks: string,
): readonly PairTime[] {
  const moments = [...rows, ...claims].flatMap(({ from, to }) =>
    to === null ? [from] : [from, to],
  );
  const bounds = [...new Set(moments)].sort((a, b) => a - b);
  const found: PairTime[] = [];
  bounds.forEach((from, at) => {
    const to = bounds[at + 1] ?? null;
    const row = seenRow(
      rows.filter((one) => holds(one, from)),
      marks,
    );
    if (row === undefined || !row.isExposed) return;
    const before = found.at(-1);
    const isOn = before?.to === from;
    const held = claims.filter((one) => holds(one, from)).map(({ claim }) => claim);
    if (isSetAside(held, row, marks)) {
      if (isOn && before !== undefined) found[found.length - 1] = { ...before, isThenAside: true };
      return;
    }
    found.push({ ...row, from, to });
  });
  return found;
}

function holds(of: { readonly from: Instant; readonly to: Instant | null }, at: Instant): boolean {
  return of.from <= at && (of.to === null || at < of.to);
}

/** The row of the first channel that these hosts may install from, else that of the release alone. */
function seenRow(rows: readonly PairTime[], marks: string): PairTime | undefined {
  const own = marks.split(",");
  const channels = rows.map(({ channel }) => channel).filter((channel) => channel !== "");
  const seen = channels.sort().find((channel) => own.includes(`@${channel}`)) ?? "";
  return rows.find(({ channel }) => channel === seen);
}

function isSetAside(claims: readonly VexClaim[], row: PairTime, marks: string): boolean {
  if (claims.length === 0) return false;
  const filterOf = filtersOf(claims).get(row.vulnerability);
  return filterOf?.(row.packageId, { marks })?.isSetAside === true;
}
