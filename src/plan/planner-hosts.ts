import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { type InPieces, PIECE } from "../base/pieces.ts";
import type { DistrustedSource } from "../inventory/package-source.ts";
import { type RingPolicy, type RingsPolicy, ringOf } from "../policy/rings.ts";
import type { PatchTarget } from "../triage/model.ts";
import type {
  ExcludedHost,
  Exclusion,
  PlanHost,
  PlanInput,
  Resolution,
  ResolutionOutcome,
  ResolvedPair,
  SetPair,
} from "./model.ts";
import { type JudgeOfFiles, judgeOfFiles } from "./planner-files.ts";

/** Which hosts a plan takes, and why it takes the others not: every host is in one of the lists. */

export interface Candidate {
  /** Its place among the candidates: what is found out of each stands in lists by this. */
  readonly at: number;
  readonly host: PlanHost;
  readonly ring: RingPolicy;
  readonly resolution: Resolution;
}

interface Facts {
  readonly target: PatchTarget;
  readonly policy: RingsPolicy;
  readonly issuedAt: Instant;
  readonly signed: PlanInput["signed"];
  readonly isKnownExploited: boolean;
  readonly hosts: readonly PlanHost[];
  readonly resolutions: readonly ResolvedPair[];
}

export function* selectHosts(facts: Facts): InPieces<{
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly ExcludedHost[];
}> {
  const outcomes = outcomesOf(facts.resolutions);
  const ofFiles = judgeOfFiles(facts);
  const candidates: Candidate[] = [];
  const excluded: ExcludedHost[] = [];
  for (const [at, host] of facts.hosts.entries()) {
    if (at % PIECE === 0) yield;
    const judged = judgeHost(host, candidates.length, { facts, outcomes, ofFiles });
    if ("why" in judged) excluded.push({ host: host.id, name: host.name, because: judged });
    else candidates.push(judged);
  }
  // Names are what people look for; the order of the input must not matter.
  excluded.sort(byName);
  return { candidates, excluded };
}

type Outcomes = ReadonlyMap<Digest, ReadonlyMap<Digest, ResolutionOutcome>>;

/** By package set, then by offer set: a key of both would be written anew for each host. */
function outcomesOf(resolutions: readonly ResolvedPair[]): Outcomes {
  const outcomes = new Map<Digest, Map<Digest, ResolutionOutcome>>();
  for (const { packageSet, offerSet, outcome } of resolutions) {
    const known = outcomes.get(packageSet) ?? new Map<Digest, ResolutionOutcome>();
    outcomes.set(packageSet, known.set(offerSet, outcome));
  }
  return outcomes;
}

export function byName(a: ExcludedHost, b: ExcludedHost): number {
  return compareText(a.name, b.name) || compareText(a.host, b.host);
}

export function pairKey(pair: SetPair): string {
  return `${pair.packageSet} ${pair.offerSet}`;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Judging {
  readonly facts: Facts;
  readonly outcomes: Outcomes;
  readonly ofFiles: JudgeOfFiles;
}

function judgeHost(
  host: PlanHost,
  at: number,
  { facts, outcomes, ofFiles }: Judging,
): Candidate | Exclusion {
  if (host.mode === "inspect-only") return { why: "inspect-only" };
  const { inspectedAt, packageSet, offerSet } = host;
  if (inspectedAt === null || packageSet === null || offerSet === null) {
    return { why: "never-inspected" };
  }
  const ageMsMax = facts.policy.inventoryAgeMaxMs;
  // Asked this way round, a time that is no number counts as too old.
  if (!(facts.issuedAt - inspectedAt <= ageMsMax)) {
    return { why: "stale-inventory", inspectedAt, ageSecondsMax: ageMsMax / 1000 };
  }
  const outcome = outcomes.get(packageSet)?.get(offerSet);
  if (outcome === undefined) return { why: "not-resolved", problem: "no host answered for it" };
  switch (outcome.kind) {
    case "not-affected":
      return { why: "not-affected" };
    case "fix-not-offered":
      return {
        why: "fix-not-offered",
        source: facts.target.source,
        version: facts.target.sourceVersion,
      };
    case "not-resolved":
      return { why: "not-resolved", problem: outcome.problem };
    case "moves":
      return placeHost(host, at, { resolution: outcome.resolution, facts, ofFiles });
  }
}

function placeHost(
  host: PlanHost,
  at: number,
  {
    resolution,
    facts,
    ofFiles,
  }: { readonly resolution: Resolution; readonly facts: Facts; readonly ofFiles: JudgeOfFiles },
): Candidate | Exclusion {
  const { policy } = facts;
  if (resolution.moves.length === 0) return { why: "not-affected" };
  const ring = ringOf(policy, host.labels);
  if (ring === null) return { why: "no-ring" };
  const { held } = host;
  const packages =
    held.length === 0
      ? []
      : resolution.moves.flatMap(({ name }) => (held.includes(name) ? name : []));
  if (packages.length > 0) return { why: "held", packages: [...new Set(packages)].sort() };
  const sources = distrustedUnder(policy, host);
  if (sources.length > 0) return { why: "distrusted-source", sources };
  return ofFiles(host, resolution) ?? { at, host, ring, resolution };
}

/** The sources for which a host takes no part. Its own program refuses unsigned ones in any case. */
export function distrustedUnder(policy: RingsPolicy, host: PlanHost): readonly DistrustedSource[] {
  const { unauthenticated, unsignedIndex } = policy.sources;
  const may = {
    unauthenticated,
    "unsigned-index": unsignedIndex,
    blocked: "block",
    refused: "block",
  };
  return host.distrusted.filter(({ because }) => may[because] === "block");
}
