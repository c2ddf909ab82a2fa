import { sql } from "kysely";
import type { RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import type { Hold } from "./hold.ts";

/** Whether people still agree, asked in the same statement as every claim and permit. */
export const approvalsAllow = sql`(now() < r.approved_until)`;

export async function loadApprovalHold(
  _reader: Reader,
  rollout: { readonly id: RolloutId; readonly approvedUntil: Instant },
  now: Instant,
): Promise<Hold | null> {
  return now < rollout.approvedUntil
    ? null
    : { why: "approval-expired", at: rollout.approvedUntil };
}
