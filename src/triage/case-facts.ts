import type { Vulnerability } from "../intel/model.ts";
import type { CaseFacts } from "../policy/case-condition.ts";
import type { ScoreSource } from "./deadline-policy.ts";
import { type ExposedSource, isLowered } from "./fix-first.ts";
import { chosenScore } from "./score-choice.ts";

/** What rules judge a case by, from what is known of its vulnerabilities and its hosts. */
export interface HostFacts {
  readonly hosts: number;
  readonly exposedHosts: number;
  readonly lowered: boolean;
  readonly tier: number;
  readonly data: number;
  readonly segments: readonly string[];
}

export function caseFacts(
  known: readonly Vulnerability[],
  on: HostFacts,
  by: { readonly scores: readonly ScoreSource[]; readonly ecosystem: string },
): CaseFacts {
  const scores = known.map((v) => chosenScore(v.cvss, by.scores, by.ecosystem)?.score ?? null);
  const count = (holds: (v: Vulnerability) => boolean): number => known.filter(holds).length;
  return {
    kev: count((v) => v.kev !== null),
    ransomware: count((v) => v.kev?.isRansomware === true),
    active: count((v) => v.ssvc?.exploitation === "active"),
    proof: count((v) => v.ssvc?.exploitation === "poc"),
    automatable: count((v) => v.ssvc?.isAutomatable === true),
    total: count((v) => v.ssvc?.technicalImpact === "total"),
    epss: Math.max(0, ...known.map((v) => v.epss?.score ?? 0)),
    cvss: Math.max(0, ...scores.map((score) => score ?? 0)),
    unscored: scores.filter((score) => score === null).length,
    vulnerabilities: known.length,
    hosts: on.hosts,
    exposedHosts: on.exposedHosts,
    exposed: on.exposedHosts > 0,
    lowered: on.lowered,
    tier: on.tier,
    data: on.data,
    segments: on.segments,
  };
}

/** Which hosts it is on; `lowered` is told of what is still open of the case. */
export function reachOf(
  source: Pick<ExposedSource, "hosts" | "exposedHosts" | "vulnerabilities"> | null,
  ids: readonly string[],
): { readonly hosts: number; readonly exposedHosts: number; readonly lowered: boolean } {
  const { hosts = 0, exposedHosts = 0, vulnerabilities = [] } = source ?? {};
  const open = vulnerabilities.filter(({ id }) => ids.includes(id));
  return { hosts, exposedHosts, lowered: open.length > 0 && open.every(isLowered) };
}
