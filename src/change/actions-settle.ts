import { assert } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Reader, Tx } from "../db/database.ts";
import { recordEvent } from "../ledger/record.ts";
import { followPatch } from "../plan/actions-patch.ts";
import { type Missing, missingFor } from "./demand.ts";
import type { Change } from "./model.ts";
import { signaturesDigest } from "./signatures.ts";
import { approvalsFor, moveChange } from "./store.ts";
import { loadBoardStand, loadCounted, loadDemands } from "./store-control.ts";

/** What a change still waits for, and the move to approved once it waits for nothing. */

export async function whatIsMissing(reader: Reader, change: Change): Promise<readonly Missing[]> {
  const demands = await loadDemands(reader, change);
  const cab = await loadBoardStand(reader, change);
  const approvals = await loadCounted(reader, change);
  return missingFor({ need: change.need, demands, cab, approvals });
}

/**
 * The only way into `approved`: after a signature, and after a decision of the board. The change is
 * locked by the caller; whatever of the two came last completes it.
 */
export async function settleApproval(
  tx: Tx,
  change: Change,
  by: { readonly actor: SubjectId; readonly at: Instant },
): Promise<Change> {
  if ((await whatIsMissing(tx, change)).length > 0) return change;
  const isMoved = await moveChange(tx, {
    id: change.id,
    verb: "approve",
    to: "approved",
    at: by.at,
  });
  assert(isMoved, "a locked, requested change can be approved");
  const all = await approvalsFor(tx, change.id);
  // The entry that hosts look for, in the very transaction that makes the approval complete (§12).
  await recordEvent(tx, {
    type: "change.approved",
    actor: by.actor,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
    approved: {
      plan: change.plan,
      signatures: signaturesDigest(all.map((one) => one.signature)),
    },
    facts: {
      approvals: all.length,
      need: change.need,
      class: change.class,
      risk: change.level,
      board: change.needsBoard,
    },
  });
  await followPatch(tx, {
    patch: change.patch,
    from: { planned: "approve" },
    actor: by.actor,
    at: by.at,
  });
  return { ...change, state: "approved", movedAt: by.at };
}
