import { generateKeyPairSync } from "node:crypto";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import type { ChangeId, PlanDigest } from "../base/ids.ts";
import { type Db, inTransaction, type Tx } from "../db/database.ts";
import { logKey } from "../ledger/checkpoint.ts";
import { append, nextHead } from "../ledger/loops-sequencer.ts";
import { recordEvent } from "../ledger/record.ts";
import { advanceHead, loadHead } from "../ledger/store-tree.ts";

/**
 * Builders for tests: the log's part of an approval that a test writes as rows. Nothing starts
 * before a signed head covers it.
 */
export async function recordApproval(
  tx: Tx,
  { change, plan }: { readonly change: ChangeId; readonly plan: PlanDigest },
): Promise<void> {
  await recordEvent(tx, {
    type: "change.approved",
    actor: systemActor.subject,
    object: `change:${change}`,
    ...{ change, plan, approved: { plan, signatures: sha256("signature") } },
  });
}

const storyKey = logKey("fettle/fettle-ledger", generateKeyPairSync("ed25519").privateKey);

/** Heads of a key that nobody keeps, without files: for a database that no server works on. */
export async function integrateRows(db: Db): Promise<void> {
  await inTransaction(db, async (tx) => {
    const head = await loadHead(tx);
    const size = (head?.size ?? 0) + (await append(tx, head?.size ?? 0, "fettle"));
    await advanceHead(tx, head, await nextHead(tx, storyKey, size));
  });
}
