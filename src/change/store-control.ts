import { sql } from "kysely";
import { z } from "zod";
import type { ChangeId, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Permission, roleNames, roles } from "../base/permission.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { tiers } from "../policy/rings-tiers.ts";
import type { CabStand, CountedApproval, Demand } from "./demand.ts";
import { type Assessment, assessmentSchema, type Change } from "./model.ts";
import type { RiskInput } from "./risk-score.ts";

/** What makes a change risky, who has to approve it, and who stands in for whom. */

type HostRisk = Pick<RiskInput, "tier" | "exposedHosts" | "exposureUnknownHosts">;

/** Told by the labels of its hosts; unknown is counted apart, never as harmless. */
export async function loadHostRisk(reader: Reader, plan: PlanDigest): Promise<HostRisk> {
  const said = tiers.map(String);
  const { rows } = await sql<HostRisk>`
    select min(case when h.labels ->> 'tier' = any(${said}::text[])
                    then (h.labels ->> 'tier')::integer end) as tier,
           count(*) filter (where h.labels ->> 'exposure' not in ('internal', 'none'))::integer
             as "exposedHosts",
           count(*) filter (where h.labels ->> 'exposure' is null)::integer
             as "exposureUnknownHosts"
      from plan_leaf l join host h on h.id = l.host where l.plan = ${plan}`.execute(reader);
  return rows[0] ?? { tier: null, exposedHosts: 0, exposureUnknownHosts: 0 };
}

/** How changes of the same package ended since then. */
export async function loadPast(
  reader: Reader,
  of: { readonly patch: PatchId; readonly since: Instant },
): Promise<RiskInput["past"]> {
  const { rows } = await sql<RiskInput["past"]>`
    select count(*)::integer as ended,
           count(*) filter (where c.state in ('failed', 'backed-out'))::integer as failed
      from change c
      join patch p on p.id = c.patch
      join patch own on own.id = ${of.patch} and own.source = p.source
     where c.state in ('completed', 'failed', 'backed-out')
       and c.moved_at >= ${sqlInstant(of.since)}`.execute(reader);
  return rows[0] ?? { ended: 0, failed: 0 };
}

/** Live people by handle. */
export async function loadLivePeople(
  reader: Reader,
  handles: readonly string[],
): Promise<ReadonlyMap<string, SubjectId>> {
  const { rows } = await sql<{ handle: string; id: SubjectId }>`
    select handle, id from subject
     where kind = 'person' and disabled_at is null
       and handle = any(${[...handles]}::text[])`.execute(reader);
  return new Map(rows.map(({ handle, id }) => [handle, id]));
}

/** Those of them who hold a right anywhere. */
export async function loadHolders(
  reader: Reader,
  people: readonly SubjectId[],
  permission: Permission,
): Promise<readonly SubjectId[]> {
  const granting = roleNames.filter((role) => roles[role].includes(permission));
  const { rows } = await sql<{ subject: SubjectId }>`
    select distinct subject from role_grant
     where subject = any(${[...people]}::text[]) and role = any(${granting}::text[])`.execute(
    reader,
  );
  return rows.map(({ subject }) => subject);
}

/** Writes what a plan of a locked change needs, in place of what was written for it before. */
export async function saveControl(
  tx: Tx,
  change: Pick<Change, "id" | "plan" | "need" | "level" | "needsBoard" | "assessment">,
  demands: readonly Demand[],
): Promise<void> {
  await sql`
    update change set need = ${change.need}, level = ${change.level},
      needs_board = ${change.needsBoard}, assessment = ${sqlJson(change.assessment)}
     where id = ${change.id}`.execute(tx);
  await sql`
    delete from change_demand where change = ${change.id} and plan = ${change.plan}`.execute(tx);
  for (const { label, least, members } of demands) {
    await sql`
      insert into change_demand (change, plan, label, least, members)
      values (${change.id}, ${change.plan}, ${label}, ${least},
        ${[...members]}::text[])`.execute(tx);
  }
}

export async function loadDemands(
  reader: Reader,
  of: { readonly id: ChangeId; readonly plan: PlanDigest },
): Promise<readonly Demand[]> {
  const { rows } = await sql<Demand>`
    select label, least, members from change_demand
     where change = ${of.id} and plan = ${of.plan} order by label`.execute(reader);
  return rows;
}

/** Signatures that still count, as the view `approved_change` counts them. */
export async function loadCounted(
  reader: Reader,
  of: Pick<Change, "id" | "plan" | "requesterPerson">,
): Promise<readonly CountedApproval[]> {
  const { rows } = await sql<CountedApproval>`
    select person, stands_for as "standsFor" from live_approval
     where change = ${of.id} and plan = ${of.plan}
       and person <> ${of.requesterPerson}`.execute(reader);
  return rows;
}

export async function loadBoardStand(
  reader: Reader,
  of: Pick<Change, "id" | "plan" | "needsBoard">,
): Promise<CabStand> {
  if (!of.needsBoard) return "not-needed";
  const { rows } = await sql`
    select from board_decision
     where change = ${of.id} and plan = ${of.plan} and outcome = 'approved'`.execute(reader);
  return rows.length > 0 ? "approved" : "open";
}

export function assessmentFromRow(value: unknown): Assessment | null {
  return z.nullable(assessmentSchema).parse(value);
}

export interface Delegation {
  readonly id: string;
  readonly from: SubjectId;
  readonly to: SubjectId;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly reason: string;
  readonly revokedAt: Instant | null;
}

const delegationColumns = sql`
  d.id, d.from_person as "from", d.to_person as "to", d.starts_at as "startsAt",
  d.ends_at as "endsAt", d.reason, d.revoked_at as "revokedAt"`;

/** Those that hold at the moment or later, of people who are still there. */
export async function loadDelegations(
  reader: Reader,
  of: { readonly now: Instant; readonly from?: SubjectId; readonly to?: SubjectId },
): Promise<readonly Delegation[]> {
  const { rows } = await sql<Delegation>`
    select ${delegationColumns} from delegation d
      join subject f on f.id = d.from_person and f.disabled_at is null
     where d.revoked_at is null and d.ends_at > ${sqlInstant(of.now)}
       and (${of.from ?? null}::text is null or d.from_person = ${of.from ?? null})
       and (${of.to ?? null}::text is null or d.to_person = ${of.to ?? null})
     order by d.starts_at, d.id limit 1000`.execute(reader);
  return rows;
}

export async function loadDelegation(tx: Tx, id: string): Promise<Delegation | null> {
  const { rows } = await sql<Delegation>`
    select ${delegationColumns} from delegation d where d.id = ${id} for update`.execute(tx);
  return rows[0] ?? null;
}

export async function insertDelegation(
  tx: Tx,
  made: Omit<Delegation, "revokedAt"> & { readonly at: Instant },
): Promise<void> {
  await sql`
    insert into delegation (id, from_person, to_person, starts_at, ends_at, reason, made_at)
    values (${made.id}, ${made.from}, ${made.to}, ${sqlInstant(made.startsAt)},
      ${sqlInstant(made.endsAt)}, ${made.reason}, ${sqlInstant(made.at)})`.execute(tx);
}

export async function revokeDelegation(tx: Tx, id: string, at: Instant): Promise<void> {
  await sql`
    update delegation set revoked_at = ${sqlInstant(at)} where id = ${id}`.execute(tx);
}

const DELEGATION_SEED = 41;

/** Delegations of these people are made one after the other, so that none slips between two checks. */
export async function lockDelegations(tx: Tx, people: readonly SubjectId[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(id, ${DELEGATION_SEED}))
      from unnest(${[...new Set(people)].sort()}::text[]) as id`.execute(tx);
}
