import { sha256 } from "../base/digest.ts";
import { tierOf, tiers } from "../policy/rings-tiers.ts";
import type { Canaries } from "../policy/rings-waves.ts";
import type { CanaryReport, PlanHost } from "./model.ts";
import { type Candidate, compareText } from "./planner-hosts.ts";

/**
 * The canaries of a ring: a stratified sample. Hosts that are alike in all that the policy names are
 * a stratum; each gets its share of the sample and at least one while there are enough. Where there
 * are more strata than canaries, those come first that show most hosts something not yet shown.
 *
 * Inside a stratum the least critical hosts come first, then those of clusters that have no canary
 * yet; among equals a digest of the change decides, so that nobody picks.
 */
/** In larger ones the loss of a second member is less than a fifth of them. */
const SMALL_CLUSTER_MAX = 9;
const TOLD_MAX = 20;

interface Stratum {
  readonly name: string;
  readonly values: readonly string[];
  readonly hosts: readonly Candidate[];
}

interface Sample {
  readonly rule: Canaries;
  readonly size: number;
  readonly change: string;
}

export function pickCanaries(
  candidates: readonly Candidate[],
  sample: Sample,
): { readonly hosts: readonly Candidate[]; readonly report: Omit<CanaryReport, "ring"> } {
  const strata = strataOf(candidates, sample.rule);
  const seats = seatsOf(strata, Math.min(sample.size, candidates.length));
  const clusters = new Clusters(candidates, sample.rule.cluster);
  const hosts = strata.flatMap((stratum) =>
    pickFrom(stratum.hosts, { seats: seats.get(stratum) ?? 0, clusters, change: sample.change }),
  );
  const missing = strata.filter((stratum) => !seats.has(stratum));
  const critical = hosts.filter(({ host }) => tierOf(host.labels) === 0);
  return {
    hosts,
    report: {
      count: hosts.length,
      strata: strata.length,
      without: missing.slice(0, TOLD_MAX).map(({ name }) => name),
      withoutCount: missing.length,
      withoutHosts: missing.reduce((sum, stratum) => sum + stratum.hosts.length, 0),
      critical: critical
        .map(({ host }) => host.name)
        .sort(compareText)
        .slice(0, TOLD_MAX),
    },
  };
}

function strataOf(candidates: readonly Candidate[], { stratify }: Canaries): readonly Stratum[] {
  const groups = Map.groupBy(candidates, ({ host }) =>
    stratify.map((key) => `${key}=${shownBy(host, key)}`).join(", "),
  );
  return [...groups]
    .map(([name, hosts]) => ({ name, hosts, values: shown(hosts, stratify) }))
    .sort((a, b) => b.hosts.length - a.hosts.length || compareText(a.name, b.name));
}

function shown([first]: readonly Candidate[], keys: readonly string[]): readonly string[] {
  return first === undefined ? [] : keys.map((key) => `${key}=${shownBy(first.host, key)}`);
}

function shownBy(host: PlanHost, key: string): string {
  return (key === "os" ? host.os : host.labels[key]) ?? "none";
}

/** How many canaries each stratum gets; strata that get none are not in the answer. */
function seatsOf(strata: readonly Stratum[], size: number): ReadonlyMap<Stratum, number> {
  const first = size >= strata.length ? strata : widest(strata, size);
  const seats = new Map(first.map((stratum) => [stratum, 1]));
  for (let left = size - seats.size; left > 0; left -= 1) {
    const next = neediest(first, seats);
    if (next === null) break;
    seats.set(next, (seats.get(next) ?? 0) + 1);
  }
  return seats;
}

/** Webster's method: the stratum that is farthest below its share, as long as it has hosts left. */
function neediest(strata: readonly Stratum[], seats: ReadonlyMap<Stratum, number>): Stratum | null {
  let best: Stratum | null = null;
  let most = 0;
  for (const stratum of strata) {
    const has = seats.get(stratum) ?? 0;
    const need = has < stratum.hosts.length ? stratum.hosts.length / (2 * has + 1) : 0;
    if (need > most) [best, most] = [stratum, need];
  }
  return best;
}

/** One stratum after another that shows most hosts a value which no canary has yet. */
function widest(strata: readonly Stratum[], size: number): readonly Stratum[] {
  const hostsOf = new Map<string, number>();
  for (const { values, hosts } of strata) {
    for (const value of values) hostsOf.set(value, (hostsOf.get(value) ?? 0) + hosts.length);
  }
  const left = new Set(strata);
  const picked: Stratum[] = [];
  while (picked.length < size) {
    let best: Stratum | null = null;
    let most = -1;
    for (const stratum of left) {
      const shows = stratum.values.reduce((sum, value) => sum + (hostsOf.get(value) ?? 0), 0);
      if (shows > most) [best, most] = [stratum, shows];
    }
    if (best === null) break;
    left.delete(best);
    picked.push(best);
    for (const value of best.values) hostsOf.set(value, 0);
  }
  return picked;
}

/** Which clusters have a canary; only in small ones is a second member lost a loss. */
class Clusters {
  readonly #key: string;
  readonly #sizes = new Map<string, number>();
  readonly #taken = new Set<string>();

  constructor(candidates: readonly Candidate[], key: string) {
    this.#key = key;
    for (const candidate of candidates) {
      const cluster = candidate.host.labels[key];
      if (cluster !== undefined) this.#sizes.set(cluster, (this.#sizes.get(cluster) ?? 0) + 1);
    }
  }

  isTaken({ host }: Candidate): boolean {
    const cluster = host.labels[this.#key];
    if (cluster === undefined || !this.#taken.has(cluster)) return false;
    return (this.#sizes.get(cluster) ?? 0) <= SMALL_CLUSTER_MAX;
  }

  take({ host }: Candidate): void {
    const cluster = host.labels[this.#key];
    if (cluster !== undefined) this.#taken.add(cluster);
  }
}

function pickFrom(
  hosts: readonly Candidate[],
  of: { readonly seats: number; readonly clusters: Clusters; readonly change: string },
): readonly Candidate[] {
  if (of.seats === 0) return [];
  const byTier = Map.groupBy(hosts, ({ host }) => tierOf(host.labels) ?? 0);
  const picked: Candidate[] = [];
  for (const tier of [...tiers].reverse()) {
    const alike = byTier.get(tier) ?? [];
    if (picked.length < of.seats) picked.push(...pickAlike(alike, of, picked.length));
  }
  return picked;
}

function pickAlike(
  hosts: readonly Candidate[],
  of: { readonly seats: number; readonly clusters: Clusters; readonly change: string },
  taken: number,
): readonly Candidate[] {
  const ordered = hosts
    .map((candidate) => ({ candidate, tie: sha256(`${of.change}\n${candidate.host.protocolId}`) }))
    .sort((a, b) => compareText(a.tie, b.tie));
  const picked: Candidate[] = [];
  const passed: Candidate[] = [];
  for (const { candidate } of ordered) {
    if (taken + picked.length >= of.seats) return picked;
    if (of.clusters.isTaken(candidate)) passed.push(candidate);
    else picked.push(candidate);
    of.clusters.take(candidate);
  }
  return [...picked, ...passed.slice(0, of.seats - taken - picked.length)];
}
