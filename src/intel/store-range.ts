import { type RawBuilder, sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { sqlInstant } from "../db/database.ts";

/** True of rows with a half-open range that hold now, or held at a moment in the past. */
export function holdsAt(asOf: Instant | undefined, table?: string): RawBuilder<boolean> {
  const column = (name: string): RawBuilder<unknown> =>
    sql.ref(table === undefined ? name : `${table}.${name}`);
  const to = column("valid_to");
  if (asOf === undefined) return sql<boolean>`${to} is null`;
  const at = sqlInstant(asOf);
  return sql<boolean>`(${column("valid_from")} <= ${at} and (${to} is null or ${to} > ${at}))`;
}
