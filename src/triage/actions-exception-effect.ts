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
} from "./exception-effect.ts";
import { coversFinding, coversHost, type ScopedFinding } from "./exception-scope.ts";
import type { Patch } from "./model.ts";
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
  for (const patch of patches) {
    const { ecosystem, source } = patch.target;
    const exceptions = running.filter(({ scope }) => {
      const isOfIt = scope.package === null || isSame(scope.package, patch.target);
      return isOfIt && patch.vulnerabilities.some((id) => scope.vulnerabilities.includes(id));
    });
    if (exceptions.length === 0) continue;
    const scopes = [[]];
    const found = (await exposure(world.db, { scopes, ecosystem, source })).filter((each) =>
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

function isSame(
  a: { readonly ecosystem: string; readonly source: string },
  b: { readonly ecosystem: string; readonly source: string },
): boolean {
  return a.ecosystem === b.ecosystem && a.source === b.source;
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
