import type { StoredPackage } from "../inventory/model.ts";
import type { PairGroup } from "./exposure.ts";
import { type Knowledge, type KnownPair, type Members, pairPresent } from "./knowledge.ts";
import { languageRemedies } from "./language-remedy.ts";
import { exposedStates, type FindingState, type Statement, type Vulnerability } from "./model.ts";
import { orderOf } from "./versions/order.ts";

/**
 * What is wrong with the components of a service, by the one action that mends it: one package has
 * many vulnerabilities, and the update that clears most of them is what people do.
 */
export interface ServiceAction {
  readonly key: string;
  readonly ecosystem: string;
  /** The package as advisories name it. */
  readonly source: string;
  readonly packages: readonly StoredPackage[];
  /** The smallest version at or above every known fix; null where none is known or comparable. */
  readonly target: string | null;
  /** True where every version that advisories call fixed has other known vulnerabilities. */
  readonly hasOthersAtTarget: boolean;
  /** What an update to the target clears, and what no fix is known for. */
  readonly cleared: readonly ServiceVulnerability[];
  readonly remaining: readonly ServiceVulnerability[];
  readonly since: number;
}

export interface ServiceVulnerability {
  readonly id: string;
  readonly title: string;
  readonly state: FindingState;
  readonly fixedVersion: string | null;
  readonly isExploited: boolean;
  readonly cvss: number | null;
  readonly epss: number | null;
}

type Facts = ReadonlyMap<string, Vulnerability>;

/** The pairs that reach these packages, found from the packages and not by going over all pairs. */
export function pairsOf(knowledge: Knowledge, members: Iterable<Members>): readonly PairGroup[] {
  const index = indexOf(knowledge);
  const ids = new Set<number>();
  for (const own of members) for (const id of own) ids.add(id);
  const found = new Set<KnownPair>();
  for (const id of ids) for (const pair of index.get(id) ?? []) found.add(pair);
  return [...found].flatMap((pair) => pairPresent(pair, (id) => ids.has(id)) ?? []);
}

const indexes = new WeakMap<Knowledge, ReadonlyMap<number, readonly KnownPair[]>>();

function indexOf(knowledge: Knowledge): ReadonlyMap<number, readonly KnownPair[]> {
  const known = indexes.get(knowledge);
  if (known !== undefined) return known;
  const states = new Set<string>(exposedStates);
  const made = new Map<number, KnownPair[]>();
  for (const pair of knowledge.pairs) {
    if (!states.has(pair.state)) continue;
    for (const id of pair.packageIds) {
      const own = made.get(id);
      if (own === undefined) made.set(id, [pair]);
      else own.push(pair);
    }
  }
  indexes.set(knowledge, made);
  return made;
}

export function actionsOf(
  pairs: readonly PairGroup[],
  packages: ReadonlyMap<number, StoredPackage>,
  facts: Facts,
): readonly ServiceAction[] {
  const groups = Map.groupBy(pairs, (pair) => `${pair.ecosystem} ${pair.source}`);
  return [...groups].map(([key, own]) => actionOf(key, own, { packages, facts })).toSorted(byRisk);
}

function actionOf(
  key: string,
  pairs: readonly PairGroup[],
  of: { readonly packages: ReadonlyMap<number, StoredPackage>; readonly facts: Facts },
): ServiceAction {
  const ids = [...new Set(pairs.flatMap((pair) => pair.packageIds))].sort((a, b) => a - b);
  const { ecosystem = "", source = "" } = pairs[0] ?? {};
  const target = highestVersion(
    ecosystem,
    pairs.flatMap((pair) => pair.fixedVersion ?? []),
  );
  const isCleared = (pair: PairGroup): boolean => target !== null && pair.fixedVersion !== null;
  return {
    key,
    ecosystem,
    source,
    packages: ids.flatMap((id) => of.packages.get(id) ?? []),
    target,
    hasOthersAtTarget: false,
    cleared: vulnerabilitiesOf(pairs.filter(isCleared), of.facts),
    remaining: vulnerabilitiesOf(
      pairs.filter((pair) => !isCleared(pair)),
      of.facts,
    ),
    since: pairs.reduce((min, pair) => Math.min(min, pair.since), Number.POSITIVE_INFINITY),
  };
}

/**
 * The smallest version at or above the target that has none of the package's known vulnerabilities:
 * what mends one may bring in another. Only for languages, whose packages are named like advisories.
 */
export function withFreeTarget(
  action: ServiceAction,
  statements: readonly Statement[],
): ServiceAction {
  const [p] = action.packages;
  if (p === undefined || action.target === null || action.ecosystem.includes(":")) return action;
  const remedy = languageRemedies(p, { listed: null, statements })(action.target);
  if (remedy.kind === "install") return { ...action, target: remedy.version };
  return { ...action, hasOthersAtTarget: remedy.kind === "none-free" };
}

/** The highest of some versions; null when there is none, or when two cannot be compared. */
export function highestVersion(ecosystem: string, versions: readonly string[]): string | null {
  const order = orderOf(ecosystem);
  const [first, ...rest] = new Set(versions);
  if (first === undefined) return null;
  let highest = first;
  for (const version of rest) {
    const sign = order?.(version, highest) ?? null;
    if (sign === null) return null;
    if (sign > 0) highest = version;
  }
  return highest;
}

/** Each vulnerability once, the worst first. */
export function vulnerabilitiesOf(
  pairs: readonly PairGroup[],
  facts: Facts,
): readonly ServiceVulnerability[] {
  const byId = new Map(pairs.map((pair) => [pair.vulnerability, pair]));
  return [...byId.values()]
    .map(({ vulnerability: id, state, fixedVersion }) => {
      const fact = facts.get(id);
      const scores = fact?.cvss.map((one) => one.score) ?? [];
      return {
        id,
        title: fact?.title ?? "",
        state,
        fixedVersion,
        isExploited: fact?.kev != null,
        cvss: scores.length === 0 ? null : Math.max(...scores),
        epss: fact?.epss?.score ?? null,
      };
    })
    .toSorted(byUrgency);
}

function byUrgency(a: ServiceVulnerability, b: ServiceVulnerability): number {
  return (
    Number(b.isExploited) - Number(a.isExploited) ||
    (b.epss ?? -1) - (a.epss ?? -1) ||
    (b.cvss ?? -1) - (a.cvss ?? -1) ||
    (a.id < b.id ? -1 : 1)
  );
}

/** Known exploitation, then the likelihood of it, then how much one update clears. */
function byRisk(a: ServiceAction, b: ServiceAction): number {
  const of = (action: ServiceAction) => {
    const all = [...action.cleared, ...action.remaining];
    return {
      exploited: all.filter((one) => one.isExploited).length,
      epss: all.reduce((max, one) => Math.max(max, one.epss ?? -1), -1),
      count: all.length,
    };
  };
  const left = of(a);
  const right = of(b);
  return (
    right.exploited - left.exploited ||
    right.epss - left.epss ||
    right.count - left.count ||
    (a.key < b.key ? -1 : 1)
  );
}

/** The action in words: what to do, and what it brings. */
export function actionText(action: ServiceAction): string {
  const { source, target, cleared, remaining } = action;
  const versions = [...new Set(action.packages.map((p) => p.version))].join(", ");
  if (target === null) {
    const fixes = remaining.some((one) => one.fixedVersion !== null);
    const why = fixes ? "its fixes cannot be put in one order" : "no fix is known";
    return `${source} ${versions}: ${why} for ${remaining.length}`;
  }
  const rest = remaining.length === 0 ? "" : `, no fix is known for ${remaining.length}`;
  const others = action.hasOthersAtTarget ? `, and ${target} has others` : "";
  return `Upgrade ${source} from ${versions} to ${target}: clears ${cleared.length}${rest}${others}`;
}
