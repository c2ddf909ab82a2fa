import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";

/**
 * What changed of the knowledge since a server read it. Transactions note the sources, packages and
 * facts that they touch, so the rest need not be read again. Old notes go: of those beyond the newest
 * hundred, by the number of the transaction, what is older than a quarter of an hour. A transaction that
 * takes longer than the others is noted before them and seen after them, so its note could go unseen.
 * Whoever looked a while ago is therefore told that all may have changed, unless no note of a
 * transaction that was still open then can have gone.
 */
export interface Noted {
  /** The transactions whose changes are in what was read. */
  readonly transactions: ReadonlySet<string>;
  /** Every transaction with a smaller number was over, and is in what was read if it changed anything. */
  readonly firstOpen: string;
  readonly at: Instant;
}

export interface Changes {
  readonly sources: readonly string[];
  readonly packages: readonly number[];
  readonly facts: readonly string[];
  /** Kinds of which everything may have changed. */
  readonly whole: ReadonlySet<ChangeKind>;
}

export type ChangeKind = "source" | "package" | "fact";

const AGE_MS_MAX = 5 * 60_000;
/** The newest are never let go (`intel_note_transaction`). */
const KEPT_MIN = 100;
const ALL = "*";

/** Says which state of the database this is, for telling at a look whether anything changed. */
export async function changeKey(reader: Reader): Promise<string> {
  const { rows } = await sql<{ key: string }>`
    select coalesce(md5(string_agg(tx::text, ',' order by tx)), '') as key from intel_change
    `.execute(reader);
  return rows[0]?.key ?? "";
}

export async function loadNoted(reader: Reader): Promise<Noted> {
  const { rows } = await sql<{ transactions: readonly string[]; firstOpen: string; at: Instant }>`
    select coalesce(array_agg(tx::text), '{}') as transactions, now() as at,
           pg_snapshot_xmin(pg_current_snapshot())::text as "firstOpen" from intel_change
    `.execute(reader);
  const [row] = rows;
  const { firstOpen = "0", at = 0 } = row ?? {};
  return { transactions: new Set(row?.transactions ?? []), firstOpen, at };
}

/** Null where anything may have changed. */
export async function loadChanges(
  reader: Reader,
  before: Noted,
  now: Noted,
): Promise<Changes | null> {
  if (now.at - before.at > AGE_MS_MAX && !isAllThere(before, now)) return null;
  const later = [...now.transactions].filter((tx) => !before.transactions.has(tx));
  const { rows } = await sql<{ kind: ChangeKind | null; keys: readonly string[] | null }>`
    select null as kind, null as keys from intel_change
     where is_all and tx = any(${later}::text[]::xid8[])
    union all
    (select kind, array_agg(distinct key) from intel_change_of
      where tx = any(${later}::text[]::xid8[]) group by kind)`.execute(reader);
  if (rows.some(({ kind }) => kind === null)) return null;
  const keysOf = (kind: ChangeKind): readonly string[] =>
    rows.find((row) => row.kind === kind)?.keys ?? [];
  const kinds: readonly ChangeKind[] = ["source", "package", "fact"];
  return {
    sources: keysOf("source"),
    packages: keysOf("package")
      .filter((key) => key !== ALL)
      .map(Number),
    facts: keysOf("fact"),
    whole: new Set(kinds.filter((kind) => keysOf(kind).includes(ALL))),
  };
}

/**
 * A note goes only while a hundred of later transactions are there, and the newest hundred stay. With fewer
 * that were open at the last look or began after it, none of these has gone.
 */
function isAllThere({ firstOpen }: Noted, { transactions }: Noted): boolean {
  const first = BigInt(firstOpen);
  const open = [...transactions].filter((tx) => BigInt(tx) >= first);
  return open.length < KEPT_MIN;
}
