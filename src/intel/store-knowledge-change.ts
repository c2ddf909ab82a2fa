import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";

/**
 * What changed of the knowledge since a server read it. Transactions note the sources, packages and
 * facts that they touch, so the rest need not be read again. Whoever looked too long ago is told that
 * all may have changed: a transaction that takes longer than the others may be noted before them and
 * seen after them, and old notes go.
 */
export interface Noted {
  /** The transactions whose changes are in what was read. */
  readonly transactions: ReadonlySet<string>;
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
const ALL = "*";

/** Says which state of the database this is, for telling at a look whether anything changed. */
export async function changeKey(reader: Reader): Promise<string> {
  const { rows } = await sql<{ key: string }>`
    select coalesce(md5(string_agg(tx::text, ',' order by tx)), '') as key from intel_change
    `.execute(reader);
  return rows[0]?.key ?? "";
}

export async function loadNoted(reader: Reader): Promise<Noted> {
  const { rows } = await sql<{ transactions: readonly string[]; at: Instant }>`
    select coalesce(array_agg(tx::text), '{}') as transactions, now() as at from intel_change
    `.execute(reader);
  const [row] = rows;
  return { transactions: new Set(row?.transactions ?? []), at: row?.at ?? 0 };
}

/** Null where anything may have changed. */
export async function loadChanges(
  reader: Reader,
  before: Noted,
  now: Noted,
): Promise<Changes | null> {
  if (now.at - before.at > AGE_MS_MAX) return null;
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
