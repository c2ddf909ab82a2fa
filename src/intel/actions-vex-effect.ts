import { type Actor, scopesFor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { loadReach } from "./store-exposure.ts";
import { type VexEffect, vexEffects } from "./vex-effect.ts";

/** What documents set aside on the hosts that the actor may see, by their names. */
export async function loadVexEffects(
  world: World,
  actor: Actor,
): Promise<ReadonlyMap<string, VexEffect>> {
  const scopes = scopesFor(actor, "finding.read");
  const { pairs, postings, knowledge } = await loadReach(world.db, { scopes, filtered: "only" });
  return vexEffects(pairs, postings, knowledge.filters);
}
