import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { requirePatch, requireVisiblePatch } from "./actions.ts";
import type { Patch, PatchEdit } from "./model.ts";
import { updateFields } from "./store-edit.ts";

export async function editPatch(
  world: World,
  actor: Actor,
  input: { readonly patch: string; readonly edit: PatchEdit },
): Promise<Patch> {
  const patch = await requireVisiblePatch(world, actor, input.patch, "patch.edit");
  const refusal = refusalToEdit(patch);
  if (refusal !== null) throw new Failure("blocked", refusal, { facts: { state: patch.state } });
  const { edit } = input;
  if (Object.values(edit).every((value) => value === undefined)) {
    throw new Failure("invalid", "Name what to change: justification, affected versions or risk.");
  }
  await inTransaction(world.db, async (tx) => {
    const at = world.clock();
    const isWritten = await updateFields(tx, { patch: patch.id, edit, by: actor.subject, at });
    if (!isWritten) {
      throw new Failure("conflict", `P-${patch.number} left triage meanwhile. Look at it again.`);
    }
    const { justification, affectedVersions, regression } = edit;
    await recordEvent(tx, {
      type: "patch.edited",
      actor: actor.subject,
      object: `patch:${patch.id}`,
      patch: patch.id,
      facts: {
        ...(justification === undefined ? {} : { justification: sha256(justification) }),
        ...(affectedVersions === undefined ? {} : { affectedVersions }),
        ...(regression === undefined
          ? {}
          : { regression: regression.level, because: sha256(regression.because) }),
      },
    });
  });
  return requirePatch(world.db, patch.id);
}

export function refusalToEdit(patch: Pick<Patch, "state" | "number">): string | null {
  if (patch.state === "triage") return null;
  return `P-${patch.number} is ${patch.state}: what plans and approvals rest on is not edited any more.`;
}
