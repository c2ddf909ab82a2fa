import { Failure } from "../../src/base/failure.ts";
import { numberFromRef, type RolloutId } from "../../src/base/ids.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { loadRollout } from "../../src/rollout/store.ts";
import { resumeRollout } from "../../src/rollout/store-halts.ts";

/** Has a halted rollout, by id or `R-7`, go on, where who let it is not what the test is about. */
export async function goOn(world: Pick<World, "db">, rollout: string): Promise<void> {
  const row = await loadRollout(world.db, numberFromRef("R", rollout) ?? (rollout as RolloutId));
  const failures = row && (await inTransaction(world.db, (tx) => resumeRollout(tx, row.id)));
  if (failures === null) throw new Failure("blocked", `${rollout} is not halted.`);
}
