import { sql } from "kysely";
import { z } from "zod";
import type { ChangeId, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { planInScope } from "../plan/store-hosts.ts";
import type { ClosureCode, Duty, DutyKind } from "./duty.ts";
import type { ChangeState } from "./model.ts";

/** What emergencies owe, and reviews. */
export interface StoredDuty extends Duty {
  readonly change: ChangeId;
  readonly number: number;
  readonly title: string;
  readonly patch: PatchId;
  readonly plan: PlanDigest;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly doneBy: SubjectId | null;
}

const columns = sql`
  d.change, c.number, c.title, c.patch, c.plan, d.kind, d.opened_at as "openedAt",
  d.due_at as "dueAt", d.reminded_at as "remindedAt", d.overdue_at as "overdueAt",
  d.done_at as "doneAt", d.done_by as "doneBy", d.outcome, d.reason`;

export async function insertDuties(
  tx: Tx,
  change: ChangeId,
  duties: readonly Pick<Duty, "kind" | "openedAt" | "dueAt">[],
): Promise<void> {
  for (const { kind, openedAt, dueAt } of duties) {
    await sql`
      insert into change_duty (change, kind, opened_at, due_at)
      values (${change}, ${kind}, ${sqlInstant(openedAt)}, ${sqlInstant(dueAt)})
      on conflict do nothing`.execute(tx);
  }
}

export async function loadDuties(reader: Reader, change: ChangeId): Promise<readonly StoredDuty[]> {
  const { rows } = await sql<StoredDuty>`
    select ${columns} from change_duty d join change c on c.id = d.change
     where d.change = ${change} order by d.due_at, d.kind`.execute(reader);
  return rows;
}

/** Open ones, the most urgent first. */
export async function loadOpenDuties(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly limit: number },
): Promise<readonly StoredDuty[]> {
  const { rows } = await sql<StoredDuty>`
    select ${columns} from change_duty d join change c on c.id = d.change
     where d.done_at is null and ${planInScope("c.plan", of.scopes)}
     order by d.due_at, d.change limit ${of.limit}`.execute(reader);
  return rows;
}

/** Those of which something may have to be told, held against other servers. */
export async function lockCallableDuties(tx: Tx, limit: number): Promise<readonly StoredDuty[]> {
  const { rows } = await sql<StoredDuty>`
    select ${columns} from change_duty d join change c on c.id = d.change
     where d.done_at is null and d.overdue_at is null
     order by d.change, d.kind limit ${limit} for update of d skip locked`.execute(tx);
  return rows;
}

export async function markDuty(
  tx: Tx,
  of: { readonly change: ChangeId; readonly kind: DutyKind },
  told: { readonly call: "remind" | "overdue"; readonly at: Instant },
): Promise<void> {
  const column = sql.ref(told.call === "remind" ? "reminded_at" : "overdue_at");
  await sql`
    update change_duty set ${column} = ${sqlInstant(told.at)}
     where change = ${of.change} and kind = ${of.kind}`.execute(tx);
}

export async function finishDuty(
  tx: Tx,
  of: { readonly change: ChangeId; readonly kind: DutyKind },
  done: {
    readonly by: SubjectId;
    readonly at: Instant;
    readonly outcome: "accepted" | "refused" | "met" | "missed";
    readonly reason: string;
  },
): Promise<void> {
  await sql`
    update change_duty set done_at = ${sqlInstant(done.at)}, done_by = ${done.by},
      outcome = ${done.outcome}, reason = ${done.reason}
     where change = ${of.change} and kind = ${of.kind} and done_at is null`.execute(tx);
}

const followUps = z.array(z.object({ what: z.string(), owner: z.string(), due: z.string() }));

export interface Review {
  readonly closure: ClosureCode;
  readonly isGoalMet: boolean;
  readonly cause: string;
  readonly actions: z.output<typeof followUps>;
  readonly by: SubjectId;
  readonly at: Instant;
}

export async function loadReview(reader: Reader, change: ChangeId): Promise<Review | null> {
  const { rows } = await sql<Review>`
    select closure, is_goal_met as "isGoalMet", cause, actions, reviewed_by as by, at
      from change_review where change = ${change}`.execute(reader);
  const [row] = rows;
  return row === undefined ? null : { ...row, actions: followUps.parse(row.actions) };
}

export async function insertReview(tx: Tx, change: ChangeId, review: Review): Promise<void> {
  await sql`
    insert into change_review (change, closure, is_goal_met, cause, actions, reviewed_by, at)
    values (${change}, ${review.closure}, ${review.isGoalMet}, ${review.cause},
      ${sqlJson(review.actions)}, ${review.by}, ${sqlInstant(review.at)})`.execute(tx);
}

export interface EndedCount {
  readonly class: "normal" | "emergency";
  readonly state: ChangeState;
  readonly closure: ClosureCode | null;
  readonly changes: number;
  /** From the request to the end, of all of them together. */
  readonly leadMs: number;
}

/** Ended changes by class and outcome since then, as far as the reader may see their hosts. */
export async function countEnded(
  reader: Reader,
  of: { readonly since: Instant; readonly scopes: readonly Selector[] },
): Promise<readonly EndedCount[]> {
  const { rows } = await sql<EndedCount>`
    select c.class, c.state, r.closure, count(*)::integer as changes,
           (sum(extract(epoch from c.moved_at - c.requested_at)) * 1000)::float8 as "leadMs"
      from change c left join change_review r on r.change = c.id
     where c.state in ('completed', 'failed', 'backed-out')
       and c.moved_at >= ${sqlInstant(of.since)} and ${planInScope("c.plan", of.scopes)}
     group by c.class, c.state, r.closure`.execute(reader);
  return rows;
}
