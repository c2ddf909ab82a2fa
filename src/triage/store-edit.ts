import { sql } from "kysely";
import type { PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { CaseFacts } from "../policy/case-condition.ts";
import type { Priority } from "../policy/priority.ts";
import type { PatchEdit } from "./model.ts";

/** What changes in a case beside its state. */

/** False when it is not in triage any more. */
export async function updateFields(
  tx: Tx,
  of: {
    readonly patch: PatchId;
    readonly edit: PatchEdit;
    readonly by: SubjectId;
    readonly at: Instant;
  },
): Promise<boolean> {
  const { justification, affectedVersions, regression } = of.edit;
  const versions = affectedVersions === undefined ? null : [...affectedVersions];
  const risk = regression === undefined ? null : JSON.stringify(regression);
  const { numAffectedRows } = await sql`
    update patch set
           justification = coalesce(${justification ?? null}, justification),
           justified_by = case when ${justification ?? null}::text is null then justified_by
                               else ${of.by} end,
           affected_versions = coalesce(${versions}::text[], affected_versions),
           regression = coalesce(${risk}::jsonb, regression),
           edited_by = ${of.by}, edited_at = ${sqlInstant(of.at)}
     where id = ${of.patch} and state = 'triage'`.execute(tx);
  return numAffectedRows === 1n;
}

export async function updatePriority(
  tx: Tx,
  of: { readonly patch: PatchId; readonly facts: CaseFacts; readonly priority: Priority },
): Promise<void> {
  await sql`
    update patch set facts = ${sqlJson(of.facts)}, priority = ${sqlJson(of.priority)}
     where id = ${of.patch}`.execute(tx);
}
