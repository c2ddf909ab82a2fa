import { type Actor, elevationOver } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Permission } from "../base/permission.ts";
import type { Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Change } from "./model.ts";
import { holdElevation } from "./store-elevations.ts";

/**
 * For an act that an elevation let in, in the act's own transaction: asks once more whether it counts,
 * keeps it from ending before the act does, and notes what it was used for. Nothing for everybody else.
 */
export async function exerciseElevation(
  world: World,
  tx: Tx,
  of: {
    readonly actor: Actor;
    readonly permission: Permission;
    readonly change: Pick<Change, "id" | "patch" | "plan">;
    /** What is done, as its event is called. */
    readonly act: string;
  },
): Promise<void> {
  const { actor, permission, change, act } = of;
  const elevation = elevationOver(actor, permission, change.id);
  if (elevation === null) return;
  const held = { id: elevation.id, change: change.id, now: world.clock() };
  if (!(await holdElevation(tx, held))) {
    throw new Failure("forbidden", "Your elevation over this change has just ended.");
  }
  await recordEvent(tx, {
    type: "elevation.used",
    actor: actor.subject,
    object: `elevation:${elevation.id}`,
    ...{ patch: change.patch, change: change.id, plan: change.plan },
    facts: { act },
  });
}
