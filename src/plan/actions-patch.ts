import type { PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Tx } from "../db/database.ts";
import { movePatch } from "../triage/actions.ts";
import { type PatchState, type PatchVerb, stateAfter } from "../triage/model.ts";
import { loadPatch } from "../triage/store.ts";
import { lockPatch } from "./store.ts";

/**
 * The case follows its plans and approvals, as far as its own state table allows. A case that somebody
 * moved by hand stays where it is: that is no reason to refuse a plan or an approval.
 */
export async function followPatch(
  tx: Tx,
  move: {
    readonly patch: PatchId;
    /** The verb for each state that is to be left; other states stay. */
    readonly from: Readonly<Partial<Record<PatchState, PatchVerb>>>;
    readonly actor: SubjectId;
    readonly at: Instant;
  },
): Promise<void> {
  // Two changes of one case may move it at the same moment; the second waits and looks again.
  await lockPatch(tx, move.patch);
  const patch = await loadPatch(tx, move.patch);
  const verb = patch === null ? undefined : move.from[patch.state];
  if (patch === null || verb === undefined || stateAfter(patch.state, verb) === null) return;
  await movePatch(tx, { patch: patch.id, verb, actor: move.actor, at: move.at });
}
