import { type RawBuilder, sql } from "kysely";

/** A `timestamptz` expression as whole milliseconds: exact, whatever the driver makes of its text. */
export function millis(expression: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`floor(extract(epoch from ${expression}) * 1000)::bigint`;
}

/**
 * A hold as JSON that tells people the very instant at which it ends, where it ends by itself: that
 * instant follows from the time of the database, and whoever made the hold knew only about when.
 */
export function holdUntil(hold: RawBuilder<unknown>, at: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case jsonb_typeof(${hold} -> 'retryAt')
               when 'number' then jsonb_set(${hold}, '{retryAt}', to_jsonb(${millis(at)}))
               else ${hold} end`;
}
