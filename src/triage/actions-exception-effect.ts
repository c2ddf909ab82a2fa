import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { effectiveDeadline } from "./deadline-exception.ts";
import type { Exception } from "./exception.ts";
import {
  asGranted,
  type CaseEffect,
  type Compliance,
  caseEffect,
  complianceOf,
  type ReachedHosts,
} from "./exception-effect.ts";
import { coversFinding, coversHost, type ScopedFinding } from "./exception-scope.ts";
import type { CandidateDate, Patch } from "./model.ts";
import { loadExceptionsFor } from "./store-exception.ts";
import { countCovered } from "./store-exception-hosts.ts";

/**
 * What exceptions do to cases now. Whether a date moves is one question for the whole fleet, whoever
 * asks: what the reader may not see could still be the host that keeps it where it is.
 */
export async function caseEffects(
  world: World,
  patches: readonly Patch[],
): Promise<ReadonlyMap<Patch["id"], CaseEffect>> {
  const now = world.clock();
  const vulnerabilities = [...new Set(patches.flatMap((patch) => patch.vulnerabilities))];
  const running = await loadExceptionsFor(world.db, { now, vulnerabilities });
  const effects = new Map<Patch["id"], CaseEffect>();
  if (running.length === 0) return effects;
  const scopes = [[]];
  const exposed = Map.groupBy(await exposure(world.db, { scopes }), sourceName);
  for (const patch of patches) {
    const exceptions = running.filter(({ scope }) => {
      const isOfIt = scope.package === null || isSame(scope.package, patch.target);
      return isOfIt && patch.vulnerabilities.some((id) => scope.vulnerabilities.includes(id));
    });
    if (exceptions.length === 0) continue;
    const found = (exposed.get(sourceName(patch.target)) ?? []).filter((each) =>
      patch.vulnerabilities.includes(each.vulnerability),
    );
    const packageIds = [...new Set(found.flatMap((each) => each.packageIds))];
    const reached = await countCovered(world.db, { scopes, packageIds, exceptions });
    const { vulnerabilities: ids, deadline } = patch;
    const of = { deadline: deadline.at, vulnerabilities: ids, exceptions, reached };
    effects.set(patch.id, caseEffect(of, now));
  }
  return effects;
}

function sourceName(of: { readonly ecosystem: string; readonly source: string }): string {
  return `${of.ecosystem}\n${of.source}`;
}

function isSame(
  a: { readonly ecosystem: string; readonly source: string },
  b: { readonly ecosystem: string; readonly source: string },
): boolean {
  return a.ecosystem === b.ecosystem && a.source === b.source;
}

/**
 * What exceptions do to the dates of a host, or of one vulnerability wherever it is. One that is for a
 * single package counts only where nothing else there has the vulnerability.
 */
export async function datesEffect(
  world: World,
  of: {
    readonly dates: readonly Pick<CandidateDate, "at" | "vulnerability">[];
    /** Packages with each vulnerability, and groups of hosts by the exceptions that reach them. */
    readonly found: readonly ScopedFinding[];
    readonly reachedBy: (running: readonly Exception[]) => Promise<readonly ReachedHosts[]>;
  },
): Promise<DatesEffect | null> {
  const now = world.clock();
  const vulnerabilities = [...new Set(of.dates.flatMap((date) => date.vulnerability ?? []))];
  const running = await loadExceptionsFor(world.db, { now, vulnerabilities });
  if (running.length === 0) return null;
  const found = Map.groupBy(of.found, (one) => one.vulnerability);
  const reached = await of.reachedBy(running);
  const effects = new Map<string, CaseEffect>();
  for (const id of vulnerabilities) {
    const exceptions = running.filter(({ scope }) => {
      const own = found.get(id) ?? [];
      return own.length > 0 && own.every((one) => coversFinding(scope, one));
    });
    const numbers = new Set(exceptions.map((one) => one.number));
    const here = reached.map(({ by, hosts }) => ({
      by: by.filter((number) => numbers.has(number)),
      hosts,
    }));
    const deadline = of.dates.find((date) => date.vulnerability === id)?.at ?? null;
    const asked = { deadline, vulnerabilities: [id], exceptions, reached: here };
    if (exceptions.length > 0) effects.set(id, caseEffect(asked, now));
  }
  return earliestOf(of.dates, effects);
}

export interface DatesEffect {
  /** Of all dates together: the earliest that counts, and what moved any of them. */
  readonly whole: CaseEffect;
  /** By vulnerability; those that no exception reaches are not among them. */
  readonly each: ReadonlyMap<string, CaseEffect>;
}

function earliestOf(
  dates: readonly Pick<CandidateDate, "at" | "vulnerability">[],
  each: ReadonlyMap<string, CaseEffect>,
): DatesEffect {
  const effectOf = (id: string | null): CaseEffect | undefined =>
    id === null ? undefined : each.get(id);
  const counting = dates.flatMap(({ at, vulnerability }) => {
    if (at === null) return [];
    const effect = effectOf(vulnerability);
    return [effect?.isExcepted === true ? Math.max(at, effect.at ?? at) : at];
  });
  const effects = [...each.values()];
  const by = new Map(effects.flatMap((effect) => effect.by).map((one) => [one.number, one]));
  const isExcepted =
    dates.length > 0 && dates.every((date) => effectOf(date.vulnerability)?.isExcepted === true);
  const hosts = Math.max(0, ...effects.map((effect) => effect.hosts));
  const hostsExcepted = isExcepted ? hosts : 0;
  const at = counting.length === 0 ? null : Math.min(...counting);
  return { whole: { at, isExcepted, hosts, hostsExcepted, by: [...by.values()] }, each };
}

export interface FindingStanding {
  /** What excepts it on this host, the longest first; null where nothing does. */
  readonly by: Exception | null;
  readonly standing: Compliance;
}

/** Where findings of one host stand by their dates and the exceptions that reach it. */
export async function standingsOnHost(
  world: World,
  host: { readonly id: HostId; readonly labels: Labels },
  vulnerabilities: readonly string[],
): Promise<(finding: ScopedFinding, deadline: Instant | null) => FindingStanding> {
  const now = world.clock();
  const running = await loadExceptionsFor(world.db, { now, vulnerabilities });
  const here = running.filter((one) => coversHost(one.scope, host));
  return (finding, deadline) => {
    const by = here.find((one) => coversFinding(one.scope, finding)) ?? null;
    const granted = by === null ? [] : [asGranted(by)];
    const { at: effective } = effectiveDeadline(deadline, granted, now);
    const isExcepted = by !== null;
    const standing = complianceOf(
      { deadline, effective, isExcepted, isKnown: true, isOpen: true },
      now,
    );
    return { by, standing };
  };
}
