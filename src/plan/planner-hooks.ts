import { selects } from "../base/labels.ts";
import type { RingsPolicy } from "../policy/rings.ts";
import type { HookPair } from "../policy/rings-hooks.ts";
import type { DrainReport, RotationReport } from "./model.ts";
import { type Candidate, compareText } from "./planner-hosts.ts";

/** How hosts leave their traffic while they change. */

/** The hooks of a host in the policy's order; two rules that name the same ones ask for them once. */
export function hooksFor({ host }: Candidate, policy: RingsPolicy): readonly HookPair[] {
  if (policy.hooks.length === 0) return [];
  const pairs = policy.hooks
    .filter((rule) => selects(rule.when, host.labels))
    .filter((rule) => rule.service === null || host.services.includes(rule.service));
  return [...new Map(pairs.map(({ drain, rejoin }) => [drain, { drain, rejoin }])).values()];
}

const NAMES_TOLD_MAX = 5;

export function drainsOf(
  candidates: readonly Candidate[],
  hooksOf: (of: Candidate) => readonly HookPair[],
): readonly DrainReport[] {
  const found = new Map<string, { rejoin: string; names: string[] }>();
  for (const candidate of candidates) {
    const { host } = candidate;
    for (const { drain, rejoin } of hooksOf(candidate)) {
      const known = found.get(drain) ?? { rejoin, names: [] };
      found.set(drain, known);
      known.names.push(host.name);
    }
  }
  return [...found]
    .sort(([a], [b]) => compareText(a, b))
    .map(([drain, { rejoin, names }]) => ({
      ...{ drain, rejoin, hosts: names.length },
      names: names.sort(compareText).slice(0, NAMES_TOLD_MAX),
    }));
}

/** By hook: the hosts whose keys it makes anew. */
export function rotationsOf(
  candidates: readonly Candidate[],
  hooksOf: (of: Candidate) => readonly string[],
): readonly RotationReport[] {
  const found = new Map<string, string[]>();
  for (const candidate of candidates) {
    for (const run of hooksOf(candidate)) {
      const names = found.get(run) ?? [];
      found.set(run, names);
      names.push(candidate.host.name);
    }
  }
  return [...found]
    .sort(([a], [b]) => compareText(a, b))
    .map(([run, names]) => ({
      ...{ run, hosts: names.length },
      names: names.sort(compareText).slice(0, NAMES_TOLD_MAX),
    }));
}

/** What follows the words "makes keys anew": who, and by what. */
export function rotationToText({ run, hosts, names }: RotationReport): string {
  return `by hook ${run} after the packages, and takes the job back where one stays as it was: ${whoText(hosts, names)}`;
}

function whoText(hosts: number, names: readonly string[]): string {
  const more = hosts - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** What follows the word "drains": who leaves the traffic, and by what. */
export function drainToText({ drain, rejoin, hosts, names }: DrainReport): string {
  return `by hook ${drain} before the packages, and back by ${rejoin} before the probes: ${whoText(hosts, names)}`;
}
