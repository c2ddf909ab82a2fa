import type { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import { selects } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { loadPackages } from "../inventory/store.ts";
import { judgedServices } from "./actions-services.ts";
import type { exposedServiceSchema } from "./service-schema.ts";

/** Services whose own components have a vulnerability: who must be told, and what to raise. */
export async function exposedServices(
  world: World,
  actor: Actor,
  vulnerability: string,
): Promise<z.output<typeof exposedServiceSchema>[]> {
  const judged = await judgedServices(world, actor, { q: "", label: [], order: "urgency" });
  const mayFind = scopesFor(actor, "finding.read");
  const found = judged.flatMap(({ service, own }) => {
    const isSeen = mayFind.some((scope) => selects(scope, service.labels));
    const pairs = own?.pairs.filter((pair) => pair.vulnerability === vulnerability) ?? [];
    return isSeen && pairs.length > 0 ? [{ service, pairs }] : [];
  });
  const ids = found.flatMap(({ pairs }) => pairs.flatMap((pair) => pair.packageIds));
  const packages = new Map((await loadPackages(world.db, [...new Set(ids)])).map((p) => [p.id, p]));
  return found.map(({ service, pairs }) => ({
    id: service.id,
    name: service.name,
    team: service.team,
    components: pairs.flatMap((pair) =>
      pair.packageIds.flatMap((id) => {
        const p = packages.get(id);
        if (p === undefined) return [];
        const { ecosystem, name, version } = p;
        return [{ ecosystem, name, version, fixedVersion: pair.fixedVersion }];
      }),
    ),
    href: `/services/${service.name}`,
  }));
}
