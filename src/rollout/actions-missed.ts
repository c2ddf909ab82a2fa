import { type Actor, scopesFor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { type Missed, type MissedFacts, missedOf } from "./missed.ts";
import { countMissedOfHost, loadMissedOfHost } from "./store-missed.ts";

/** Rollouts that went on or ended without a host, the newest first, for whoever may see rollouts of it. */
export async function listMissed(
  world: World,
  actor: Actor,
  page: { readonly host: string; readonly skip: number; readonly limit: number },
): Promise<{
  readonly items: readonly { readonly facts: MissedFacts; readonly missed: Missed }[];
  readonly total: number;
}> {
  const { id } = await foundHost(world, page.host, scopesFor(actor, "rollout.read"));
  const { skip, limit } = page;
  const rows = await loadMissedOfHost(world.db, { host: id, skip, limit });
  const now = world.clock();
  return {
    items: rows.map((facts) => ({ facts, missed: missedOf(facts, now) })),
    total: await countMissedOfHost(world.db, id),
  };
}
