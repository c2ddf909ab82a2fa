import type { Instant } from "../base/instant.ts";
import {
  type CoverageInput,
  type CoverageReason,
  type CoveringFeed,
  coverageGap,
} from "./coverage.ts";
import { type HostGroup, isRunningKernel } from "./exposure.ts";
import type { RiskInput } from "./host-risk.ts";
import { type Knowledge, type KnownPackage, type Members, riskCounter } from "./knowledge.ts";
import { exposedStates } from "./model.ts";
import { withFilters } from "./seen-pairs.ts";

/**
 * How groups of equal hosts stand. What a set is vulnerable to holds as long as the knowledge it was
 * counted from; only what feeds cover depends on the hour.
 */
export interface CoverageCount extends CoverageInput {
  readonly packageCount: number;
}

export interface GroupJudge {
  judge(group: HostGroup, members: Members): RiskInput["risk"];
  /** The packages of a set by how they were matched: kinds with counts. */
  kinds(setId: number, members: Members): readonly CoverageCount[];
}

const notMatched: CoverageInput = {
  ecosystem: "",
  blindSpot: null,
  isNamed: false,
  isMatched: false,
};

/** Counts each group once and remembers it; made anew with each new knowledge. */
export function groupJudge(knowledge: Knowledge): GroupJudge {
  const states = new Set<string>(exposedStates);
  const open = knowledge.seen.filter((pair) => states.has(pair.state));
  const pairs = withFilters(open, knowledge.filters, "left-out");
  const count = riskCounter({ ...knowledge, pairs });
  const risks = new Map<string, RiskInput["risk"]>();
  const kindsOf = new Map<number, readonly CoverageCount[]>();
  return {
    judge(group, members) {
      const { setId, kernelRunning, marks = "" } = group;
      const key = `${setId} ${kernelRunning ?? ""} ${marks}`;
      const runs = (name: string): boolean =>
        kernelRunning === null || isRunningKernel(name, kernelRunning);
      const risk = risks.get(key) ?? count(members, runs, group);
      risks.set(key, risk);
      return risk;
    },
    kinds(setId, members) {
      const kinds = kindsOf.get(setId) ?? coverageKinds(knowledge.packages, members);
      kindsOf.set(setId, kinds);
      return kinds;
    },
  };
}

/** Packages by kind; those that came after the knowledge was read are not matched yet. */
export function coverageKinds(
  packages: ReadonlyMap<number, KnownPackage>,
  ids: Iterable<number>,
): readonly CoverageCount[] {
  const counts = new Map<string, { kind: CoverageInput; packageCount: number }>();
  for (const id of ids) {
    const kind = packages.get(id) ?? notMatched;
    const { ecosystem, blindSpot, isNamed, isMatched } = kind;
    const key = `${ecosystem}\n${blindSpot ?? ""}\n${isNamed}\n${isMatched}`;
    const counted = counts.get(key);
    if (counted === undefined) {
      counts.set(key, { kind: { ecosystem, blindSpot, isNamed, isMatched }, packageCount: 1 });
    } else counted.packageCount += 1;
  }
  return [...counts.values()].map(({ kind, packageCount }) => ({ ...kind, packageCount }));
}

/** Which packages no fresh feed speaks for, and why; kinds repeat, so each is judged once. */
export function gapFinder(
  feeds: readonly CoveringFeed[],
  now: Instant,
): (kinds: readonly CoverageCount[]) => ReadonlyMap<CoverageReason, number> {
  const known = new Map<string, CoverageReason | null>();
  return (kinds) => {
    const gaps = new Map<CoverageReason, number>();
    for (const kind of kinds) {
      const key = `${kind.ecosystem}\n${kind.blindSpot}\n${kind.isNamed}\n${kind.isMatched}`;
      const reason = known.has(key) ? known.get(key) : coverageGap(kind, feeds, now);
      known.set(key, reason ?? null);
      if (reason != null) gaps.set(reason, (gaps.get(reason) ?? 0) + kind.packageCount);
    }
    return gaps;
  };
}
