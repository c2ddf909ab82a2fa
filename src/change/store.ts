import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { SubjectId } from "../base/ids.ts";
import { type ChangeId, numberOf, type PatchId, type PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { planInScope } from "../plan/store-hosts.ts";
import {
  type Approval,
  type Change,
  type ChangeState,
  type ChangeVerb,
  type RiskFacts,
  statesBefore,
} from "./model.ts";
import { assessmentFromRow } from "./store-control.ts";
import { waitsForSignOff } from "./store-sign-offs.ts";

/** Changes and approvals as rows. */

const riskSchema: z.ZodType<RiskFacts> = z.object({
  hosts: z.number(),
  rings: z.array(z.string()),
  restarts: z.array(z.string()),
  needsReboot: z.boolean(),
  reversibility: z.enum(["downgrade", "none"]),
  irreversible: z.array(z.string()),
  pipedHosts: z.number(),
  firstWaveDetects: z.number(),
});

const columns = sql`
  c.id, c.number, c.patch, c.plan, c.class, c.state, c.title, c.reason, c.backout, c.risk, c.need,
  c.level, c.assessment, c.needs_board as "needsBoard", c.requested_by as "requestedBy", c.requester_person as "requesterPerson",
  c.requested_at as "requestedAt", c.expires_at as "expiresAt", c.moved_at as "movedAt",
  c.closed_reason as "closedReason"`;

function changeFromRow(row: Change): Change {
  const assessment = assessmentFromRow(row.assessment);
  return { ...row, risk: riskSchema.parse(row.risk), assessment };
}

/** One change by id or by `C-88`; null when there is none. */
export async function loadChange(reader: Reader, ref: string): Promise<Change | null> {
  const { rows } = await sql<Change>`
    select ${columns} from change c where ${isRef(ref)}`.execute(reader);
  return rows[0] === undefined ? null : changeFromRow(rows[0]);
}

/** The same, and nobody else moves it until this transaction ends. */
export async function lockChange(tx: Tx, ref: string): Promise<Change | null> {
  const { rows } = await sql<Change>`
    select ${columns} from change c where ${isRef(ref)} for update`.execute(tx);
  return rows[0] === undefined ? null : changeFromRow(rows[0]);
}

function isRef(ref: string): RawBuilder<boolean> {
  const number = numberOf("C", ref);
  return sql<boolean>`(c.id = ${ref} or c.number = ${number}::integer)`;
}

export async function loadChangeByNumber(reader: Reader, number: number): Promise<Change | null> {
  const { rows } = await sql<Change>`
    select ${columns} from change c where c.number = ${number}`.execute(reader);
  return rows[0] === undefined ? null : changeFromRow(rows[0]);
}

/** The change whose plan this is now; null for a plan that nobody asked for, or not any more. */
export async function changeOfPlan(reader: Reader, plan: PlanDigest): Promise<ChangeId | null> {
  const { rows } = await sql<{ id: ChangeId }>`
    select c.id from change c where c.plan = ${plan}`.execute(reader);
  return rows[0]?.id ?? null;
}

export async function insertChange(tx: Tx, change: Change): Promise<void> {
  await sql`
    insert into change (id, number, patch, plan, class, state, title, reason, backout, risk, need,
      requested_by, requester_person, requested_at, expires_at, moved_at)
    values (${change.id}, ${change.number}, ${change.patch}, ${change.plan}, ${change.class},
      ${change.state}, ${change.title}, ${change.reason}, ${change.backout},
      ${sqlJson(change.risk)}, ${change.need}, ${change.requestedBy}, ${change.requesterPerson},
      ${sqlInstant(change.requestedAt)}, ${sqlInstant(change.expiresAt)},
      ${sqlInstant(change.movedAt)})`.execute(tx);
}

/** Gives a locked change its new plan; approvals of the old one do not name it. */
export async function replacePlan(tx: Tx, change: Change): Promise<void> {
  await sql`
    update change set plan = ${change.plan}, class = ${change.class}, state = ${change.state},
      title = ${change.title}, reason = ${change.reason}, backout = ${change.backout},
      risk = ${sqlJson(change.risk)}, need = ${change.need},
      expires_at = ${sqlInstant(change.expiresAt)}, moved_at = ${sqlInstant(change.movedAt)}
     where id = ${change.id}`.execute(tx);
}

/** Compare-and-set by the state table: false when the change is in no state that the verb leaves. */
export async function moveChange(
  tx: Tx,
  move: {
    readonly id: ChangeId;
    readonly verb: ChangeVerb;
    readonly to: ChangeState;
    readonly at: Instant;
    readonly reason?: string | undefined;
  },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update change set state = ${move.to}, moved_at = ${sqlInstant(move.at)},
      closed_reason = coalesce(${move.reason ?? null}, closed_reason)
     where id = ${move.id} and state = any(${[...statesBefore(move.verb)]}::text[])`.execute(tx);
  return numAffectedRows === 1n;
}

export interface ExpiredChange extends Pick<Change, "id" | "patch" | "plan"> {
  readonly before: ChangeState;
}

/** Closes all that are over, set-wise. */
export async function expireChanges(tx: Tx, now: Instant): Promise<readonly ExpiredChange[]> {
  const { rows } = await sql<ExpiredChange>`
    with over as (
      select id, state from change
       where state = any(${[...statesBefore("expire")]}::text[])
         and expires_at <= ${sqlInstant(now)}
       order by id for update skip locked
    )
    update change c set state = 'expired', moved_at = ${sqlInstant(now)}
      from over where over.id = c.id
    returning c.id, c.patch, c.plan, over.state as before`.execute(tx);
  return rows;
}

/** Whether people still agree to any change of this case. */
export async function hasApprovedChange(reader: Reader, patch: PatchId): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from change
                    where patch = ${patch} and state in ('approved', 'running')) as has`.execute(
    reader,
  );
  return rows[0]?.has ?? false;
}

/**
 * Whether the plan may run now, by the one definition that permits use too; if so the change runs.
 * Must follow `lockForStart` of the rollout's scopes and of the change in the same transaction.
 */
export async function startApproved(
  tx: Tx,
  change: ChangeId,
  at: Instant,
): Promise<{ readonly plan: PlanDigest; readonly patch: PatchId } | null> {
  const { rows } = await sql<{ plan: PlanDigest; patch: PatchId }>`
    update change c set state = 'running', moved_at = ${sqlInstant(at)}
      from approved_change a
     where a.id = c.id and c.id = ${change} and c.state = 'approved'
    returning c.plan, c.patch`.execute(tx);
  return rows[0] ?? null;
}

const LOCK_SEED = 12;

/**
 * The lock that keeps a withdrawal and a start apart (host protocol §11.3): whoever starts work takes
 * it shared, whoever takes an approval away takes it exclusive, each as a statement of its own before
 * it reads. Taken after the rollout's own scopes.
 */
export async function lockApproval(
  tx: Tx,
  changes: readonly ChangeId[],
  mode: "shared" | "exclusive",
): Promise<void> {
  const ids = [...new Set(changes)].sort();
  const take = mode === "shared" ? sql`pg_advisory_xact_lock_shared` : sql`pg_advisory_xact_lock`;
  await sql`
    select ${take}(hashtextextended(id, ${LOCK_SEED})) from unnest(${ids}::text[]) as id`.execute(
    tx,
  );
}

export interface ChangeFilter {
  readonly scopes: readonly Selector[];
  readonly states?: readonly ChangeState[] | undefined;
  readonly patch?: PatchId | undefined;
  /** Only what waits for this person: for a signature, or for a vote where there is a seat. */
  readonly waitingFor?:
    | {
        readonly person: SubjectId;
        readonly scopes: readonly Selector[];
        readonly now: Instant;
        readonly hasSeat?: boolean | undefined;
      }
    | undefined;
}

export interface ListedChange extends Change {
  readonly approvals: number;
}

export async function loadChanges(
  reader: Reader,
  filter: ChangeFilter & {
    readonly beforeNumber?: number | undefined;
    /** Rows to pass over; instead of `beforeNumber`. */
    readonly skip?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly ListedChange[]> {
  const isBefore =
    filter.beforeNumber === undefined ? sql`true` : sql`c.number < ${filter.beforeNumber}`;
  const { rows } = await sql<ListedChange>`
    select ${columns},
           (select count(*) from approval a where a.plan = c.plan and a.change = c.id) as approvals
      from change c where ${isListed(filter)} and ${isBefore}
     order by c.number desc offset ${filter.skip ?? 0} limit ${filter.limit}`.execute(reader);
  return rows.map((row) => ({ ...row, ...changeFromRow(row) }));
}

export async function countChanges(reader: Reader, filter: ChangeFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from change c where ${isListed(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isListed(filter: ChangeFilter): RawBuilder<boolean> {
  const parts = [planInScope("c.plan", filter.scopes)];
  if (filter.states !== undefined) parts.push(sql`c.state = any(${[...filter.states]}::text[])`);
  if (filter.patch !== undefined) parts.push(sql`c.patch = ${filter.patch}`);
  if (filter.waitingFor !== undefined) parts.push(waitsFor(filter.waitingFor));
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

function waitsFor(who: NonNullable<ChangeFilter["waitingFor"]>): RawBuilder<boolean> {
  const { person } = who;
  const lacksSignatures = sql`(
    (select count(*) from approval a where a.change = c.id and a.plan = c.plan) < c.need
    or exists (select from change_demand d
                where d.change = c.id and d.plan = c.plan and ${person} = any(d.members)))`;
  const canSign = sql`(
    ${lacksSignatures}
    and not exists (select from approval a where a.plan = c.plan and a.person = ${person})
    and not exists (select from plan_leaf l join host h on h.id = l.host
                     where l.plan = c.plan and not ${scopeSql(who.scopes, "h.labels")}))`;
  const canVote = sql`(
    ${who.hasSeat === true} and c.needs_board
    and not exists (select from board_vote v where v.plan = c.plan and v.person = ${person})
    and not exists (select from board_decision b where b.plan = c.plan))`;
  return sql<boolean>`(
    (c.state = 'requested' and c.requester_person <> ${person}
     and c.expires_at > ${sqlInstant(who.now)} and (${canSign} or ${canVote}))
    or ${waitsForSignOff(person)})`;
}

const approvalColumns = sql`
  a.id, a.change, a.plan, a.person, a.handle, a.key_class as "keyClass", a.key_line as "keyLine",
  a.signature, a.stands_for as "standsFor", a.at`;

/** Approvals of the plan that the change asks for now, in the order in which they came. */
export async function approvalsFor(reader: Reader, change: ChangeId): Promise<readonly Approval[]> {
  const { rows } = await sql<Approval>`
    select ${approvalColumns} from approval a join change c on c.id = a.change and c.plan = a.plan
     where c.id = ${change} order by a.at, a.id`.execute(reader);
  return rows;
}

export async function insertApproval(tx: Tx, approval: Approval): Promise<void> {
  await sql`
    insert into approval (id, change, plan, person, handle, key_class, key_line, signature,
      stands_for, at)
    values (${approval.id}, ${approval.change}, ${approval.plan}, ${approval.person},
      ${approval.handle}, ${approval.keyClass}, ${approval.keyLine}, ${approval.signature},
      ${[...approval.standsFor]}::text[], ${sqlInstant(approval.at)})`.execute(tx);
}
