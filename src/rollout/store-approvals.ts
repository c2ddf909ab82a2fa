import { sql } from "kysely";
import { never } from "../base/failure.ts";
import type { ChangeId, PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { ChangeState } from "../change/model.ts";
import type { Db, Reader } from "../db/database.ts";
import type { Hold } from "./hold.ts";
import { millis } from "./store-time.ts";
import type { WitnessGap } from "./wave.ts";

/**
 * Whether people still agree to this very plan, and a signed head of the log covers that they did
 * (host protocol §12.4); asked in the same statement as every start.
 */
export const approvalsAllow = sql`(exists (
  select 1 from approved_change c where c.id = r.change and c.plan = r.plan)
  and exists (
  select 1 from integrated_approval i where i.change = r.change and i.plan = r.plan))`;

/**
 * Whether the witnesses that the ring of wave `w` asks for signed a head which covers the approval of rollout
 * `r`; asked in the same statement as every start.
 */
export const witnessesAllow = sql<boolean>`(ring_witness_gap(w.ring, r.change, r.plan) is null)`;

/** What wave `w` still waits for, for people; null where it is nothing. */
export const witnessGapOfWave = sql<WitnessGap | null>`(
  case when w.state = 'ended' then null else (
    select ring_witness_gap(w.ring, r.change, r.plan) from rollout r where r.id = w.rollout) end)`;

/**
 * A look now for rollouts whose approval has come into the log: the look that found it missing put the next
 * one off by seconds. A turn that is under way may not have written yet that it found it missing, so each
 * that was just started is looked at too: a time that was changed is not overwritten by that turn. True when
 * there was one.
 */
export async function lookAtIntegrated(db: Db): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update rollout r set look_at = now()
     where r.state = 'running'
       and (r.started_at > now() - interval '10 seconds'
            or exists (select 1 from wave w where w.rollout = r.id
                          and (w.holds @> '[{"why": "approval-not-in-log"}]'
                               or w.holds @> '[{"why": "witnesses-missing"}]' and ${witnessesAllow})))
       and ${approvalsAllow}`.execute(db);
  return numAffectedRows > 0n;
}

interface ApprovalRow {
  readonly state: ChangeState;
  readonly plan: PlanDigest;
  readonly need: number;
  readonly have: number;
  readonly expiresAt: Instant;
}

/** The same question with its reason, for people; null while starts are allowed. */
export async function loadApprovalHold(
  reader: Reader,
  rollout: { readonly change: ChangeId; readonly plan: PlanDigest },
): Promise<Hold | null> {
  const said = await sql<{ isApproved: boolean; isInLog: boolean }>`
    select exists (select from approved_change v
                    where v.id = ${rollout.change} and v.plan = ${rollout.plan}) as "isApproved",
           exists (select from integrated_approval i
                    where i.change = ${rollout.change} and i.plan = ${rollout.plan}) as "isInLog"
  `.execute(reader);
  const { isApproved = false, isInLog = false } = said.rows[0] ?? {};
  // In the log a moment after the approval; later only where no head can be signed.
  if (isApproved) return isInLog ? null : { why: "approval-not-in-log" };
  const { rows } = await sql<ApprovalRow>`
    select c.state, c.plan, c.need, ${millis(sql`c.expires_at`)} as "expiresAt",
           (select count(distinct a.person) from live_approval a
             where a.change = c.id and a.plan = c.plan and a.person <> c.requester_person) as have
      from change c where c.id = ${rollout.change}`.execute(reader);
  const [row] = rows;
  return row === undefined ? { why: "approval-missing", have: 0, need: 1 } : approvalHold(row);
}

/** How many people who still count approved this plan, and how many it needs. */
export async function loadApprovals(
  reader: Reader,
  of: { readonly change: ChangeId; readonly plan: PlanDigest },
): Promise<{ readonly have: number; readonly need: number }> {
  const { rows } = await sql<{ have: number; need: number }>`
    select c.need,
           (select count(distinct a.person) from live_approval a
             where a.change = c.id and a.plan = ${of.plan}
               and a.person <> c.requester_person) as have
      from change c where c.id = ${of.change}`.execute(reader);
  return rows[0] ?? { have: 0, need: 0 };
}

function approvalHold(row: ApprovalRow): Hold {
  switch (row.state) {
    case "rejected":
    case "withdrawn":
    case "completed":
    case "failed":
    case "backed-out":
      return { why: "approval-withdrawn" };
    case "expired":
      return { why: "approval-expired", at: row.expiresAt };
    case "requested":
      return { why: "approval-missing", have: row.have, need: row.need };
    case "approved":
    case "running":
      return row.have < row.need
        ? { why: "approval-missing", have: row.have, need: row.need }
        : { why: "approval-expired", at: row.expiresAt };
    default:
      return never(row.state);
  }
}
