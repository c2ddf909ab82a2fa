import type { PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Tx } from "../db/database.ts";
import { movePatch } from "../triage/actions.ts";
import { type PatchVerb, stateAfter } from "../triage/model.ts";
import { loadPatch } from "../triage/store.ts";

/**
 * The case follows its rollout. A verb that its state does not allow is left out: the case may have
 * been moved by hand, and that must never stop a rollout or its end.
 */
export async function advancePatch(
  tx: Tx,
  patch: PatchId,
  move: {
    readonly verbs: readonly PatchVerb[];
    readonly actor: SubjectId;
    readonly at: Instant;
  },
): Promise<void> {
  for (const verb of move.verbs) {
    const now = await loadPatch(tx, patch);
    if (now === null || stateAfter(now.state, verb) === null) continue;
    await movePatch(tx, { patch, verb, actor: move.actor, at: move.at });
  }
}
