import { type Actor, scopesFor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { requireVisiblePatch } from "./actions.ts";
import { loadPackagesOf, loadStandings } from "./store-where.ts";
import { type Standing, sortByTarget } from "./where.ts";

/** The hosts that a case is about, as they are now, those with something to do first. */
export async function patchWhere(
  world: World,
  actor: Actor,
  asked: {
    readonly patch: string;
    readonly standing?: Standing | undefined;
    readonly skip: number;
    readonly limit: number;
  },
): ReturnType<typeof loadStandings> {
  const { target } = await requireVisiblePatch(world, actor, asked.patch);
  const scopes = scopesFor(actor, "host.read");
  const { ecosystem, source } = target;
  const exposed = await exposure(world.db, { scopes, ecosystem, source });
  const ids = [...new Set(exposed.flatMap((each) => each.packageIds))];
  const packages = await loadPackagesOf(world.db, { ecosystem, source, ids });
  const { standing, skip, limit } = asked;
  const sorted = sortByTarget(packages, target);
  return loadStandings(world.db, { scopes, packages: sorted, standing, skip, limit });
}
