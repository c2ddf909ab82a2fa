import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { type CaseEffect, caseEffect } from "./exception-effect.ts";
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
