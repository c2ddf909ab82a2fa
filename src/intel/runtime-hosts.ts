import type { Instant } from "../base/instant.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { RuntimeSet } from "../inventory/runtime.ts";
import type { Filter } from "./filter.ts";
import type { Members } from "./knowledge.ts";
import {
  LOOK_FRESH_MS,
  type RuntimeQuestion,
  type RuntimeVerdict,
  runtimeJudge,
} from "./runtime-filter.ts";
import { subjectOf } from "./subject.ts";

/**
 * What the running systems of many hosts say about one vulnerability. Hosts with the same packages and
 * the same picture of what runs form one group, and each group is judged once.
 */
export interface RuntimeGroup {
  readonly setId: number;
  readonly runtimeId: number;
  readonly hostCount: number;
  /** Since when the last of its hosts is so, and the oldest of their last looks. */
  readonly since: Instant;
  readonly asOf: Instant;
}

export interface RuntimeAsked {
  readonly groups: readonly RuntimeGroup[];
  readonly members: ReadonlyMap<number, Members>;
  readonly sets: ReadonlyMap<number, RuntimeSet>;
  /** Every known package of the sources that are asked about. */
  readonly packages: readonly StoredPackage[];
  readonly now: Instant;
}

export interface RuntimeOnHosts {
  readonly filter: Filter;
  readonly hostCount: number;
}

export type RuntimeQuestionOfFleet = Pick<RuntimeQuestion, "vectors" | "programFiles"> & {
  /** Packages that have the vulnerability. */
  readonly exposedIds: readonly number[];
};

/**
 * A judge of all these hosts, laid out once for many vulnerabilities. Hosts count where the running
 * system speaks against every package that has the vulnerability there.
 */
export function fleetJudge(
  asked: RuntimeAsked,
): (question: RuntimeQuestionOfFleet) => readonly RuntimeOnHosts[] {
  const laid = layOut(asked);
  return (question) => {
    const exposed = new Set(question.exposedIds);
    const found = new Map<string, { verdict: Said; groups: RuntimeGroup[] }>();
    for (const { group, judge, sources } of laid) {
      const own = sources.filter(({ ids }) => ids.some((id) => exposed.has(id)));
      const verdicts = own.map(({ names, isKernel }) =>
        judge({ ...question, isKernel, packages: names }),
      );
      const [first] = verdicts;
      if (first === undefined || !verdicts.every(isSaid) || !isSaid(first)) continue;
      const key = `${first.kind}\n${first.reason}`;
      const before = found.get(key)?.groups ?? [];
      found.set(key, { verdict: first, groups: [...before, group] });
    }
    return [...found.values()].map(onHosts).toSorted((a, b) => b.hostCount - a.hostCount);
  };
}

interface LaidGroup {
  readonly group: RuntimeGroup;
  readonly judge: ReturnType<typeof runtimeJudge>;
  /** What of each source its hosts have. */
  readonly sources: readonly {
    readonly ids: readonly number[];
    readonly names: readonly string[];
    readonly isKernel: boolean;
  }[];
}

function layOut({ groups, members, sets, packages, now }: RuntimeAsked): readonly LaidGroup[] {
  const byId = new Map(packages.map((p) => [p.id, { ...p, subject: subjectOf(p) }]));
  return groups.flatMap((group) => {
    const set = sets.get(group.runtimeId);
    if (set === undefined) return [];
    const own = [...(members.get(group.setId) ?? [])].flatMap((id) => byId.get(id) ?? []);
    const bySource = [...Map.groupBy(own, (p) => p.subject.source).values()];
    const sources = bySource.map((parts) => ({
      ids: parts.map((p) => p.id),
      names: [...new Set(parts.map((p) => p.name))],
      isKernel: parts.some((p) => p.subject.role !== "ordinary"),
    }));
    return [{ group, judge: runtimeJudge({ ...group, set }, now), sources }];
  });
}

type Said = Exclude<RuntimeVerdict, { readonly kind: null }>;

function isSaid(verdict: RuntimeVerdict): verdict is Said {
  return verdict.kind !== null;
}

function onHosts(of: {
  readonly verdict: Said;
  readonly groups: readonly RuntimeGroup[];
}): RuntimeOnHosts {
  const { verdict, groups } = of;
  return {
    filter: {
      kind: verdict.kind,
      source: "inspection",
      author: "The running system",
      says: verdict.kind,
      justification: verdict.reason.replace(/\.$/, ""),
      since: Math.max(...groups.map(({ since }) => since)),
      until: Math.min(...groups.map(({ asOf }) => asOf)) + LOOK_FRESH_MS,
      isSetAside: false,
      trust: "Observed on the hosts, so it is shown and sets nothing aside.",
    },
    hostCount: groups.reduce((sum, { hostCount }) => sum + hostCount, 0),
  };
}
