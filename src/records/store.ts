import { sql } from "kysely";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { millis } from "../identity/store.ts";
import type { Hold, HoldKind } from "./hold.ts";
import type { Retention, RetentionClass } from "./retention.ts";

interface RetentionRow {
  readonly class: RetentionClass;
  readonly days: number;
  readonly askedDays: number | null;
  readonly askedBy: SubjectId | null;
  readonly askedAt: Instant | null;
}

const retentionColumns = sql`class, days, asked_days as "askedDays", asked_by as "askedBy",
  ${millis("asked_at")} as "askedAt"`;

function retentionOf({ askedDays, askedBy, askedAt, ...rest }: RetentionRow): Retention {
  if (askedDays === null || askedBy === null || askedAt === null) return { ...rest, asked: null };
  return { ...rest, asked: { days: askedDays, by: askedBy, at: askedAt } };
}

export async function loadRetention(reader: Reader): Promise<readonly Retention[]> {
  const { rows } = await sql<RetentionRow>`
    select ${retentionColumns} from ledger_retention order by class`.execute(reader);
  return rows.map(retentionOf);
}

/** Under a lock until the transaction ends. */
export async function lockRetention(tx: Tx, of: RetentionClass): Promise<Retention | null> {
  const { rows } = await sql<RetentionRow>`
    select ${retentionColumns} from ledger_retention where class = ${of} for update`.execute(tx);
  return rows[0] === undefined ? null : retentionOf(rows[0]);
}

type OfClass = {
  readonly class: RetentionClass;
  readonly days: number;
  readonly by: SubjectId;
};

/** A shorter one counts only where somebody else asked for it; the table sees to that too. */
export async function saveRetention(tx: Tx, to: OfClass): Promise<void> {
  await sql`
    update ledger_retention set days = ${to.days}, changed_at = now(), changed_by = ${to.by},
      asked_days = null, asked_by = null, asked_at = null
    where class = ${to.class}`.execute(tx);
}

export async function askRetention(tx: Tx, to: OfClass): Promise<void> {
  await sql`
    update ledger_retention set asked_days = ${to.days}, asked_by = ${to.by}, asked_at = now()
    where class = ${to.class}`.execute(tx);
}

export interface FirstKept {
  readonly index: number;
  readonly class: RetentionClass;
  /** The number of the hold that keeps it; null: its retention is not over. */
  readonly hold: number | null;
}

/** The first entry that must stay; null: none must. */
export async function loadFirstKept(reader: Reader): Promise<FirstKept | null> {
  const { rows } = await sql<FirstKept>`
    select index, class, hold from ledger_first_kept()`.execute(reader);
  return rows[0] ?? null;
}

/** Has the owner's function take away what the statement names; how many entries went. */
export async function pruneBy(tx: Tx, statement: string): Promise<number> {
  try {
    const { rows } = await sql<{ gone: number }>`
      select ledger_prune(${statement}) as gone`.execute(tx);
    return rows[0]?.gone ?? 0;
  } catch (cause) {
    throw refusalOf(cause, "FT001", "Nothing was pruned");
  }
}

/**
 * Statements of the last hour by which nothing was pruned yet, though a signed head covers them. What was
 * refused then, for a hold or its age, must not happen later without anybody asking.
 */
export async function loadOpenStatements(reader: Reader): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select e.id from event e join ledger_entry l on l.event = e.id
      join ledger_head h on l.index < h.size
     where e.object = 'ledger:log' and e.type = 'ledger.pruned'
       and (e.facts ->> 'minimum')::bigint > ledger_minimum()
       and e.at > now() - interval '1 hour'
     order by l.index`.execute(reader);
  return rows.map(({ id }) => id);
}

const holdColumns = sql`id, number, kind, about, ${millis("counts_from")} as "from",
  ${millis("counts_until")} as "until", reason, placed_by as "placedBy",
  ${millis("placed_at")} as "placedAt", lift_asked_by as "liftAskedBy",
  ${millis("lift_asked_at")} as "liftAskedAt", lift_reason as "liftReason",
  lifted_by as "liftedBy", ${millis("lifted_at")} as "liftedAt"`;

export async function loadHolds(
  reader: Reader,
  of: { readonly open: boolean },
): Promise<readonly Hold[]> {
  const { rows } = await sql<Hold>`
    select ${holdColumns} from legal_hold where ${!of.open} or lifted_at is null
    order by number desc limit 1000`.execute(reader);
  return rows;
}

/** Nobody places or lifts a hold until the transaction ends; who is about to is waited for. */
export async function lockHolds(tx: Tx): Promise<void> {
  await sql`lock table legal_hold in share mode`.execute(tx);
}

/** Under a lock until the transaction ends. */
export async function lockHold(tx: Tx, number: number): Promise<Hold | null> {
  const { rows } = await sql<Hold>`
    select ${holdColumns} from legal_hold where number = ${number} for update`.execute(tx);
  return rows[0] ?? null;
}

export async function insertHold(
  tx: Tx,
  hold: {
    readonly id: string;
    readonly kind: HoldKind;
    readonly about: string | null;
    readonly also: string | null;
    readonly from: Instant | null;
    readonly until: Instant | null;
    readonly reason: string;
    readonly by: SubjectId;
  },
): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    insert into legal_hold (id, kind, about, also, counts_from, counts_until, reason, placed_by)
    values (${hold.id}, ${hold.kind}, ${hold.about}, ${hold.also}, ${sqlInstant(hold.from)},
      ${sqlInstant(hold.until)}, ${hold.reason}, ${hold.by})
    returning number`.execute(tx);
  return rows[0]?.number ?? 0;
}

export async function askLift(
  tx: Tx,
  of: { readonly id: string; readonly by: SubjectId; readonly reason: string },
): Promise<void> {
  await sql`
    update legal_hold
      set lift_asked_by = ${of.by}, lift_asked_at = now(), lift_reason = ${of.reason}
    where id = ${of.id}`.execute(tx);
}

export async function liftHold(
  tx: Tx,
  of: { readonly id: string; readonly by: SubjectId },
): Promise<void> {
  await sql`
    update legal_hold set lifted_by = ${of.by}, lifted_at = now() where id = ${of.id}`.execute(tx);
}

/** What a person calls a thing, as the log knows it; null: there is no such thing. */
export async function findHeld(
  reader: Reader,
  of: { readonly kind: Exclude<HoldKind, "time">; readonly ref: string },
): Promise<{ readonly id: string; readonly also: string | null } | null> {
  const { kind, ref } = of;
  const found = {
    case: sql`select id, null as also from patch where id = ${ref} or 'P-' || number = ${ref}`,
    change: sql`select id, null as also from change where id = ${ref} or 'C-' || number = ${ref}`,
    host: sql`select id, protocol_id as also from host where id = ${ref} or name = ${ref}`,
    person: sql`select id, null as also from subject where id = ${ref} or handle = ${ref}`,
  }[kind];
  const { rows } = await sql<{ id: string; also: string | null }>`${found} limit 1`.execute(reader);
  return rows[0] ?? null;
}

/** What the database refused of itself, as a refusal that says what stands against it. */
export function refusalOf(cause: unknown, code: string, what: string): unknown {
  const { code: found, message } = cause as { readonly code?: string; readonly message?: string };
  if (found !== code) return cause;
  return new Failure("blocked", `${what}: ${message}.`, { cause });
}
