import { sql } from "kysely";
import type { HostId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Db, type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Head } from "./order.ts";
import type { SeenBy } from "./witness-choice.ts";

/** Witnesses of the log, the heads they are asked about, and what they signed. */

export interface Witness {
  readonly name: string;
  readonly host: HostId | null;
  readonly url: string | null;
  readonly keyLine: string;
  readonly noteKey: string | null;
  /** The newest head that it is known to have seen. */
  readonly size: number;
  readonly root: string;
  readonly tries: number;
}

export interface ListedWitness extends Witness {
  readonly hostName: string | null;
  /** Whose hands it is in; null where nobody said. */
  readonly operator: string | null;
  /** Of the host that it is, as it was enrolled last. */
  readonly ring: string | null;
  readonly addedAt: Instant;
  readonly contradictsAt: Instant | null;
  readonly problem: string | null;
  /** Of its newest signature, and over how many entries. */
  readonly signedAt: Instant | null;
  readonly signedSize: number;
}

const columns = sql`w.name, w.host, w.url, w.key_line as "keyLine", w.note_key as "noteKey", w.size,
  w.root, w.tries`;

const instant = (column: string) =>
  sql`floor(extract(epoch from ${sql.ref(column)}) * 1000)::bigint`;

export interface NewWitness {
  readonly name: string;
  readonly host: HostId | null;
  readonly url: string | null;
  readonly keyLine: string;
  readonly noteKey: string | null;
  readonly operator: string | null;
  readonly by: SubjectId;
  readonly at: Instant;
}

/**
 * False when a witness of this name counts already, or had another key before: what that one signed
 * stands under the name. A removed one comes back with its key.
 */
export async function insertWitness(tx: Tx, of: NewWitness): Promise<boolean> {
  const at = sqlInstant(of.at);
  const { numAffectedRows } = await sql`
    insert into ledger_witness (name, host, url, key_line, note_key, operator, added_by, added_at,
                                next_at)
    values (${of.name}, ${of.host}, ${of.url}, ${of.keyLine}, ${of.noteKey}, ${of.operator},
            ${of.by}, ${at}, ${at})
    on conflict (name) do update
       set host = excluded.host, url = excluded.url, operator = excluded.operator,
           added_by = excluded.added_by,
           added_at = excluded.added_at, next_at = excluded.next_at, removed_at = null,
           contradicts_at = null, problem = null, tries = 0
     where ledger_witness.removed_at is not null and ledger_witness.key_line = excluded.key_line
       and ledger_witness.note_key is not distinct from excluded.note_key`.execute(tx);
  return numAffectedRows === 1n;
}

export async function removeWitness(tx: Tx, name: string, at: Instant): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ledger_witness set removed_at = ${sqlInstant(at)}
     where name = ${name} and removed_at is null`.execute(tx);
  return numAffectedRows === 1n;
}

export async function loadWitnesses(reader: Reader): Promise<readonly ListedWitness[]> {
  const { rows } = await sql<ListedWitness>`
    select ${columns}, h.name as "hostName", w.operator, v.ring, ${instant("w.added_at")} as "addedAt",
           ${instant("w.contradicts_at")} as "contradictsAt", w.problem,
           ${instant("c.at")} as "signedAt", coalesce(c.size, 0) as "signedSize"
      from ledger_witness w join witness_place v on v.name = w.name
      left join host h on h.id = w.host
      left join lateral (select size, at from ledger_cosignature where witness = w.name
                          order by size desc limit 1) c on true
     where w.removed_at is null order by w.name`.execute(reader);
  return rows;
}

/** Whether anybody is to sign heads; most deployments have nobody, and the log grows many times a second. */
export async function hasWitness(reader: Reader): Promise<boolean> {
  const { rows } = await sql`
    select 1 from ledger_witness where removed_at is null and contradicts_at is null limit 1
  `.execute(reader);
  return rows.length > 0;
}

/** Longer than a witness takes that is there. */
const ROUND_SECONDS = 15;

/**
 * Puts the newest head before the witnesses when the last one was signed by all or had its time, and
 * an approval waits for it or the interval is over. So they sign the same heads, however fast it grows.
 */
export async function proposeHead(db: Db, everySeconds: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into ledger_proposal (size, root, at)
    select h.size, encode(decode(h.root, 'base64'), 'hex'), now()
      from ledger_head h
      left join lateral (select size, at from ledger_proposal order by size desc limit 1) p on true
     where exists (select from ledger_witness where removed_at is null and contradicts_at is null)
       and h.size > coalesce(p.size, 0)
       and (p.size is null or p.at < now() - make_interval(secs => ${ROUND_SECONDS})
            or not exists (
              select from ledger_witness w
               where w.removed_at is null and w.contradicts_at is null and not exists (
                 select from ledger_cosignature c where c.size = p.size and c.witness = w.name)))
       and (p.size is null or p.at < now() - make_interval(secs => ${everySeconds})
            or exists (select from ledger_entry l join event e on e.id = l.event
                        where l.index >= p.size and e.approved is not null))
    on conflict do nothing`.execute(db);
  return numAffectedRows === 1n;
}

export async function loadProposal(reader: Reader): Promise<Head | null> {
  const { rows } = await sql<Head>`
    select size, root from ledger_proposal order by size desc limit 1`.execute(reader);
  return rows[0] ?? null;
}

/** Witnesses that have not signed the newest proposal; nobody else asks them for so long. */
export async function claimWitnesses(
  db: Db,
  of: { readonly countMax: number; readonly leaseSeconds: number },
): Promise<readonly Witness[]> {
  const { rows } = await sql<Witness>`
    with p as (select max(size) as size from ledger_proposal)
    update ledger_witness w set next_at = now() + make_interval(secs => ${of.leaseSeconds})
      from (select w.name from ledger_witness w, p
             where w.removed_at is null and w.contradicts_at is null and w.next_at <= now()
               and p.size is not null and not exists (
                 select from ledger_cosignature c where c.size = p.size and c.witness = w.name)
             order by w.next_at limit ${of.countMax} for update of w skip locked) due
     where w.name = due.name returning ${columns}`.execute(db);
  return rows;
}

export async function insertCosignature(
  tx: Tx,
  of: {
    readonly size: number;
    readonly witness: string;
    readonly signature: string;
    readonly noteLine: string | null;
  },
): Promise<void> {
  await sql`
    insert into ledger_cosignature (size, witness, signature, note_line, at)
    values (${of.size}, ${of.witness}, ${of.signature}, ${of.noteLine}, now())
    on conflict do nothing`.execute(tx);
}

/** What was heard of a witness; `againSeconds` until it is asked again. */
export async function writeHeard(
  tx: Tx,
  of: {
    readonly witness: string;
    readonly head: Head | null;
    readonly problem: string | null;
    readonly againSeconds: number;
  },
): Promise<void> {
  await sql`
    update ledger_witness
       set size = ${of.head === null ? sql.ref("size") : of.head.size},
           root = ${of.head === null ? sql.ref("root") : of.head.root},
           problem = ${of.problem?.slice(0, 300) ?? null},
           tries = ${of.problem === null ? 0 : sql`tries + 1`},
           next_at = now() + make_interval(secs => ${of.againSeconds})
     where name = ${of.witness}`.execute(tx);
}

/** True the first time. */
export async function writeContradiction(tx: Tx, witness: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ledger_witness set contradicts_at = now()
     where name = ${witness} and contradicts_at is null`.execute(tx);
  return numAffectedRows === 1n;
}

/**
 * What counts of the newest heads beyond an entry, newest head first; among them the newest that enough
 * signed for all, and for each ring with a rule.
 */
export async function loadCosigned(
  reader: Reader,
  of: { readonly beyond: number; readonly heads: number },
): Promise<readonly SeenBy[]> {
  const { beyond, heads } = of;
  const { rows } = await sql<SeenBy>`
    select p.size, p.root, c.witness, c.host, c.signature, v.ring, v.operator
      from ((select size, root from ledger_proposal where size > ${beyond}
              order by size desc limit ${heads})
            union select size, root from cosigned_head where size > ${beyond}
            union select n.size, n.root from ledger_ring_quorum r
                    join ledger_proposal n on n.size = ring_cosigned_size(r, ${beyond})) p
      join counted_cosignature c on c.size = p.size
      join witness_place v on v.name = c.witness
     order by p.size desc, c.witness`.execute(reader);
  return rows;
}
