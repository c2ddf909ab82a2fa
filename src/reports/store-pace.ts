import { sql } from "kysely";
import { z } from "zod";
import type { PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { labelsOf } from "../plan/store-hosts.ts";
import type { Patch } from "../triage/model.ts";
import { type Choice, choices, type PastChanges } from "./pace-sheet.ts";

/** What became of changes so far, and what was decided between going and waiting. */

/** Hosts that ended in rollouts, and those on which it went wrong; skipped ones say nothing. */
export async function loadRecords(
  reader: Reader,
  of: Pick<Patch, "target" | "kind">,
  scopes: readonly Selector[],
): Promise<{
  readonly source: PastChanges;
  readonly kind: PastChanges;
  readonly all: PastChanges;
}> {
  const { rows } = await sql<{
    sourceHosts: number;
    sourceFailed: number;
    kindHosts: number;
    kindFailed: number;
    hosts: number;
    failed: number;
  }>`
    with ended as (
      select p.source = ${of.target.source} and p.ecosystem = ${of.target.ecosystem} as is_source,
             p.kind = ${of.kind} as is_kind,
             t.state in ('failed', 'rolled-back', 'reverted', 'lost', 'unknown')
               or t.verdict = 'unverified' as is_failed
        from target t join rollout r on r.id = t.rollout join patch p on p.id = r.patch
       ${labelsOf(scopes, "t.host")}
       where ${scopeSql(scopes, "h.labels")}
          
         and t.state in ('done', 'failed', 'rolled-back', 'reverted', 'lost', 'unknown')
    )
    select count(*) filter (where is_source)::int as "sourceHosts",
           count(*) filter (where is_source and is_failed)::int as "sourceFailed",
           count(*) filter (where is_kind)::int as "kindHosts",
           count(*) filter (where is_kind and is_failed)::int as "kindFailed",
           count(*)::int as hosts, count(*) filter (where is_failed)::int as failed
      from ended`.execute(reader);
  const [row] = rows;
  return {
    source: { hosts: row?.sourceHosts ?? 0, failed: row?.sourceFailed ?? 0 },
    kind: { hosts: row?.kindHosts ?? 0, failed: row?.kindFailed ?? 0 },
    all: { hosts: row?.hosts ?? 0, failed: row?.failed ?? 0 },
  };
}

export interface PlannedChange {
  readonly reversibility: string;
  readonly restarts: readonly string[];
  readonly needsReboot: boolean;
}

const reportSchema = z.looseObject({
  reversibility: z.string(),
  restarts: z.array(z.string()),
  needsReboot: z.boolean(),
});

/** What the newest plan of the case found; null where nobody planned yet. */
export async function loadPlanned(reader: Reader, patch: PatchId): Promise<PlannedChange | null> {
  const { rows } = await sql<{ report: unknown }>`
    select report from plan where patch = ${patch} order by created_at desc limit 1`.execute(
    reader,
  );
  return rows[0] === undefined ? null : reportSchema.parse(rows[0].report);
}

export interface PaceDecision {
  readonly choice: Choice;
  readonly words: string;
  /** Both sides in words, as they were. */
  readonly sheet: readonly string[];
  readonly by: SubjectId;
  readonly at: Instant;
}

const sheetSchema = z.array(z.string());

export async function loadDecisions(
  reader: Reader,
  patch: PatchId,
): Promise<readonly PaceDecision[]> {
  const { rows } = await sql<Omit<PaceDecision, "sheet"> & { sheet: unknown }>`
    select choice, words, sheet, decided_by as by, decided_at as at
      from pace_decision where patch = ${patch} order by number desc limit 100`.execute(reader);
  return rows.map((row) => ({
    ...row,
    choice: z.enum(choices).parse(row.choice),
    sheet: sheetSchema.parse(row.sheet),
  }));
}

export async function insertDecision(
  tx: Tx,
  of: PaceDecision & { readonly patch: PatchId },
): Promise<void> {
  await sql`
    insert into pace_decision (patch, choice, words, sheet, decided_by, decided_at)
    values (${of.patch}, ${of.choice}, ${of.words}, ${sqlJson(of.sheet)}, ${of.by},
      ${sqlInstant(of.at)})`.execute(tx);
}
