import { sql } from "kysely";
import type { Reader, Tx } from "../db/database.ts";
import type { RingRule } from "./witness-choice.ts";

/** How many witnesses must have signed: for all, and for rings that ask more. */

/** A ring's rule, and how many of the witnesses there are count for it. */
export interface RingQuorum extends RingRule {
  readonly able: number;
  /** Names of those that count. */
  readonly counts: readonly string[];
  /** Entries under the newest head that enough of them signed; 0: none. */
  readonly cosigned: number;
}

export interface Quorum {
  readonly need: number;
  /** Witnesses that did not contradict the log. */
  readonly able: number;
  readonly rings: readonly RingQuorum[];
}

/** What all and each ring ask, and who could sign for it; held until the end. */
export async function holdQuorum(tx: Tx): Promise<Quorum> {
  const { rows } = await sql<{ need: number }>`
    select need from ledger_quorum for update`.execute(tx);
  // Counted after the lock, so that of two removals the later one sees the earlier.
  const { rows: counts } = await sql<{ able: number }>`
    select count(*)::int as able from ledger_witness
     where removed_at is null and contradicts_at is null`.execute(tx);
  const rings = await loadRingQuorums(tx);
  return { need: rows[0]?.need ?? 0, able: counts[0]?.able ?? 0, rings };
}

export async function loadRingQuorums(reader: Reader): Promise<readonly RingQuorum[]> {
  const { rows } = await sql<RingQuorum>`
    select r.ring, r.need, r.operator, coalesce(ring_cosigned_size(r, 0), 0) as cosigned,
           (select count(distinct coalesce('of ' || v.operator, v.name))::int
              from witness_place v where witness_counts_for(v, r)) as able,
           (select coalesce(jsonb_agg(v.name order by v.name), '[]')
              from witness_place v where witness_counts_for(v, r)) as counts
      from ledger_ring_quorum r order by r.ring`.execute(reader);
  return rows;
}

export async function setQuorum(tx: Tx, need: number): Promise<void> {
  await sql`update ledger_quorum set need = ${need}`.execute(tx);
}

export async function setRingQuorum(tx: Tx, { ring, need, operator }: RingRule): Promise<void> {
  await sql`
    insert into ledger_ring_quorum (ring, need, operator) values (${ring}, ${need}, ${operator})
    on conflict (ring) do update set need = excluded.need, operator = excluded.operator`.execute(
    tx,
  );
}

export async function dropRingQuorum(tx: Tx, ring: string): Promise<void> {
  await sql`delete from ledger_ring_quorum where ring = ${ring}`.execute(tx);
}

export async function loadQuorum(reader: Reader): Promise<number> {
  const { rows } = await sql<{ need: number }>`select need from ledger_quorum`.execute(reader);
  return rows[0]?.need ?? 0;
}

export async function loadRingRules(reader: Reader): Promise<readonly RingRule[]> {
  const { rows } = await sql<RingRule>`
    select ring, need, operator from ledger_ring_quorum`.execute(reader);
  return rows;
}

/** False where there is no such witness. */
export async function setOperator(
  tx: Tx,
  of: { readonly witness: string; readonly operator: string | null },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ledger_witness set operator = ${of.operator}
     where name = ${of.witness} and removed_at is null`.execute(tx);
  return numAffectedRows === 1n;
}
