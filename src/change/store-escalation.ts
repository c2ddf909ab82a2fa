import { sql } from "kysely";
import type { ChangeId, PatchId, PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { DueStep } from "./escalation.ts";
import type { Assessment } from "./model.ts";
import { assessmentFromRow } from "./store-control.ts";

/** Who was told that a change waits. */
export interface Waiting {
  readonly id: ChangeId;
  readonly patch: PatchId;
  readonly plan: PlanDigest;
  readonly since: Instant;
  readonly assessment: Assessment | null;
  readonly told: readonly number[];
}

/** Changes with a rule that tells somebody, held against other servers. */
export async function lockWaiting(tx: Tx, limit: number): Promise<readonly Waiting[]> {
  const { rows } = await sql<Waiting>`
    select c.id, c.patch, c.plan, c.moved_at as since, c.assessment,
           coalesce((select array_agg(e.step order by e.step) from change_escalation e
                      where e.change = c.id and e.since = c.moved_at), '{}') as told
      from change c
     where (c.state in ('requested', 'approved')
            or (c.state = 'running'
                and exists (select from missing_sign_off m where m.change = c.id)))
       and jsonb_array_length(coalesce(c.assessment -> 'ownership' -> 'escalate', '[]'))
           > (select count(*) from change_escalation e
               where e.change = c.id and e.since = c.moved_at)
     order by c.id limit ${limit} for update of c skip locked`.execute(tx);
  return rows.map((row) => ({ ...row, assessment: assessmentFromRow(row.assessment) }));
}

/**
 * False when another server has told them: it may have ended between this one's look and its lock, and
 * then what was read of who was told is older than the lock.
 */
export async function insertEscalation(
  tx: Tx,
  of: Pick<Waiting, "id"> & { readonly at: Instant },
  due: DueStep,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into change_escalation (change, since, step, told, due_at, at)
    select ${of.id}, moved_at, ${due.step}, ${[...due.to]}::text[], ${sqlInstant(due.dueAt)},
           ${sqlInstant(of.at)} from change where id = ${of.id}
    on conflict do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

export interface Told {
  readonly to: readonly string[];
  readonly dueAt: Instant;
}

/** Whom it was escalated to since it waits as it does now. */
export async function loadTold(reader: Reader, change: ChangeId): Promise<readonly Told[]> {
  const { rows } = await sql<Told>`
    select e.told as "to", e.due_at as "dueAt" from change_escalation e
      join change c on c.id = e.change and c.moved_at = e.since
     where e.change = ${change} order by e.step`.execute(reader);
  return rows;
}
