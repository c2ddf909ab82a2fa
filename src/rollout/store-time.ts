import { type RawBuilder, sql } from "kysely";

/** A `timestamptz` expression as whole milliseconds: exact, whatever the driver makes of its text. */
export function millis(expression: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`floor(extract(epoch from ${expression}) * 1000)::bigint`;
}
