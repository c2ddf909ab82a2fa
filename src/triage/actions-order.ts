import type { World } from "../db/world.ts";
import { type NextRide, nextRide, trainFor } from "../policy/cadence.ts";
import { byPriority } from "../policy/priority.ts";
import { cadencePolicy } from "../policy/store-files.ts";
import type { Patch } from "./model.ts";
import { loadPatchesInOrder, loadRanks } from "./store.ts";

/** In which order open cases come, and with which release a scheduled one goes. */
export async function patchesByPriority(
  world: World,
  page: { readonly skip: number; readonly limit: number },
): Promise<{ readonly patches: readonly Patch[]; readonly total: number }> {
  const ranks = (await loadRanks(world.db)).toSorted(byPriority);
  const ids = ranks.slice(page.skip, page.skip + page.limit).map(({ id }) => id);
  return { patches: await loadPatchesInOrder(world.db, ids), total: ranks.length };
}

/** Only cases that did not start yet and do not go out of band ride a train. */
export async function nextRelease(world: World, patch: Patch): Promise<NextRide | null> {
  const waits = patch.state === "triage" || patch.state === "planned";
  if (!waits || patch.classifiedBy.justificationMin !== null) return null;
  const policy = await cadencePolicy(world);
  const train = trainFor(policy, { product: patch.target.source, kind: patch.kind });
  if (train === null) return null;
  return nextRide(train, { readyAt: world.clock(), lastAt: null, supportEndsAt: null });
}
