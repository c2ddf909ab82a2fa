import { type RawBuilder, sql } from "kysely";
import type { ChangeId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { SignOffRole } from "../policy/owners.ts";
import { tiers } from "../policy/rings-tiers.ts";
import type { GivenSignOff } from "./sign-off.ts";

/** Who signed a plan off, and which parts are missing; the view that waves ask has the same rule. */
export interface StoredSignOff extends GivenSignOff {
  readonly words: string;
  readonly at: Instant;
}

interface OfPlan {
  readonly id: ChangeId;
  readonly plan: PlanDigest;
}

/** Of the most critical host of a plan; one that does not say counts as 0. */
export async function loadTier(reader: Reader, plan: PlanDigest): Promise<number> {
  const { rows } = await sql<{ tier: number | null }>`
    select min(case when h.labels ->> 'tier' = any(${tiers.map(String)}::text[])
                    then (h.labels ->> 'tier')::integer else 0 end) as tier
      from plan_leaf l join host h on h.id = l.host where l.plan = ${plan}`.execute(reader);
  return rows[0]?.tier ?? 0;
}

/** Those that still count. */
export async function loadSignOffs(reader: Reader, of: OfPlan): Promise<readonly StoredSignOff[]> {
  const { rows } = await sql<StoredSignOff>`
    select role, part_of as "of", person, words, at from live_sign_off
     where change = ${of.id} and plan = ${of.plan} order by at, person`.execute(reader);
  return rows;
}

export interface MissingSignOff {
  readonly role: SignOffRole;
  readonly of: string;
  readonly before: number;
  /** Handles of who can sign it. */
  readonly able: readonly string[];
}

export async function loadMissingSignOffs(
  reader: Reader,
  of: OfPlan,
): Promise<readonly MissingSignOff[]> {
  const { rows } = await sql<MissingSignOff>`
    select role, part_of as "of", before, able from missing_sign_off
     where change = ${of.id} and plan = ${of.plan} order by before, part_of, role`.execute(reader);
  return rows;
}

export async function insertSignOff(tx: Tx, of: OfPlan, made: StoredSignOff): Promise<void> {
  await sql`
    insert into sign_off (change, plan, role, part_of, person, words, at)
    values (${of.id}, ${of.plan}, ${made.role}, ${made.of}, ${made.person}, ${made.words},
      ${sqlInstant(made.at)})`.execute(tx);
}

/** Whether a change, `c` of the statement, waits for this person's sign-off now. */
export function waitsForSignOff(person: SubjectId): RawBuilder<boolean> {
  return sql<boolean>`(
    c.state in ('requested', 'approved', 'running') and c.requester_person <> ${person}
    and exists (select from missing_sign_off m
                 where m.change = c.id and m.members ? ${person}
                   and (m.before = 1 or c.state = 'running'))
    and not exists (select from sign_off s
                     where s.change = c.id and s.plan = c.plan and s.person = ${person}))`;
}
