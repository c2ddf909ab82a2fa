import type { Instant } from "../base/instant.ts";
import type { PairGroup } from "./exposure.ts";
import { decidingStatement, type JudgedAlike, type Outcome } from "./match.ts";

/**
 * Correlation in memory: what was decided about distinct packages, as the findings that people read,
 * one for each vulnerability of a source in one state, with all the packages that have it. Hosts are
 * not walked here: they follow from posting lists, once for each different group of packages.
 */
export function pairGroupsOf(judged: readonly JudgedAlike[], since: Instant): readonly PairGroup[] {
  const pairs = new Map<string, PairGroup>();
  for (const { outcome, packageIds } of mergedOutcomes(judged)) {
    const { state, fixedVersion } = outcome.verdict;
    for (const { id: vulnerability, statements } of outcome.topic.vulnerabilities) {
      const statement = decidingStatement(outcome, statements);
      if (statement === null) continue;
      const { ecosystem, packageName: source } = statement;
      const key = `${ecosystem}\n${source}\n${vulnerability}\n${state}\n${fixedVersion ?? ""}`;
      const other = pairs.get(key);
      const ids = other === undefined ? packageIds : joined(other.packageIds, packageIds);
      const pair = { ecosystem, source, vulnerability, state, fixedVersion, since };
      pairs.set(key, { ...pair, packageIds: ids });
    }
  }
  return [...pairs.values()];
}

interface MergedOutcome {
  readonly outcome: Outcome;
  readonly packageIds: readonly number[];
}

/** Outcomes that come to the same for the same topic, with the packages of all of them. */
function mergedOutcomes(judged: readonly JudgedAlike[]): readonly MergedOutcome[] {
  const byTopic = new Map<Outcome["topic"], Map<string, MutableOutcome>>();
  for (const { outcomes, packageIds } of judged) {
    for (const outcome of outcomes) {
      const key = outcomeKey(outcome);
      const own = byTopic.get(outcome.topic) ?? new Map<string, MutableOutcome>();
      byTopic.set(outcome.topic, own);
      const same = own.get(key) ?? { outcome, ids: [] };
      own.set(key, same);
      same.ids.push(...packageIds);
    }
  }
  const shared = sharedLists();
  return [...byTopic.values()].flatMap((own) =>
    [...own.values()].map(({ outcome, ids }) => ({ outcome, packageIds: shared(ids) })),
  );
}

interface MutableOutcome {
  readonly outcome: Outcome;
  readonly ids: number[];
}

function outcomeKey({ verdict, winners, topic }: Outcome): string {
  const places = winners === topic.sayings ? "" : winners.map((one) => one.place).join(",");
  return `${verdict.state} ${places} ${verdict.fixedVersion ?? ""}`;
}

/** Most vulnerabilities of a source are in the same packages, so their lists are one and the same. */
function sharedLists(): (ids: readonly number[]) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (ids) => {
    const sorted = ids.toSorted((a, b) => a - b);
    const key = sorted.join(",");
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, sorted);
    return sorted;
  };
}

function joined(a: readonly number[], b: readonly number[]): readonly number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}
