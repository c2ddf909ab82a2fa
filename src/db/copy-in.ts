import { CompiledQuery } from "kysely";
import { assert } from "../base/failure.ts";
import { type CopiedRows, RowsToCopy } from "./copy-rows.ts";
import type { Tx } from "./database.ts";

/** Checks, triggers and rights of the table hold as for any insert; all rows or none. */
export async function copyIn(tx: Tx, rows: CopiedRows): Promise<void> {
  const names = [rows.table, ...rows.columns];
  assert(
    names.every((name) => /^[a-z_]+$/.test(name)),
    "a table and its columns have plain names",
  );
  const columns = rows.columns.map((name) => `"${name}"`).join(", ");
  const text = `copy "${rows.table}" (${columns}) from stdin (format binary)`;
  await tx.executeQuery(CompiledQuery.raw(text, [new RowsToCopy(rows)]));
}
