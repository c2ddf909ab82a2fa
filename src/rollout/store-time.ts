import { type RawBuilder, sql } from "kysely";
import type { Reader, Tx } from "../db/database.ts";

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

/** What held `target t` last, as what stays its reason: nothing is tried again by itself any more. */
export const lastTrouble: RawBuilder<unknown> = sql`
  (case jsonb_typeof(t.hold -> 'retryAt')
     when 'number' then jsonb_set(t.hold, '{retryAt}', 'null') else t.hold end)`;

/**
 * Somebody else's session of the database may hold rows for hours: a console that was left open, a backup.
 * A batch that waits for them holds up all that came with it, and those that wait for the batch; so it
 * fails after this long, and is tried again without that host.
 */
const LOCK_WAIT = "2s";
/** Less than the others, which may wait for the rows that a batch of the host's words holds meanwhile. */
const WORDS_LOCK_WAIT = "500ms";

/** From here on this transaction waits for rows so long at most; halts wait for it, and so for them. */
export async function waitShortly(tx: Tx, of: "decisions" | "words" = "decisions"): Promise<void> {
  const wait = of === "words" ? WORDS_LOCK_WAIT : LOCK_WAIT;
  await sql`select set_config('lock_timeout', ${wait}, true)`.execute(tx);
}

/**
 * From here on this transaction finds rows by their keys. Its statements are about the few hundred hosts
 * of a batch; a planner that has no statistics yet, as when a rollout has just been written, would read
 * whole tables to join them, and take longer to think about it than the work takes. Up to PostgreSQL 17 a
 * plan that still has to read a table counts as very dear, so that each statement would be compiled anew.
 * It waits for no row for long.
 *
 * `kept`: each session plans such a statement once and without its values, as what it walks does not depend
 * on them; to plan a permit takes longer than to give it.
 */
export async function walkKeys(tx: Tx, plans: "each" | "kept" = "each"): Promise<void> {
  const mode = plans === "kept" ? "force_generic_plan" : "force_custom_plan";
  await sql`
    select set_config(name, value, true)
      from (values ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'),
                   ('enable_seqscan', 'off'), ('join_collapse_limit', '1'), ('jit', 'off'),
                   ('lock_timeout', ${LOCK_WAIT}), ('plan_cache_mode', ${mode})
           ) as s(name, value)
  `.execute(tx);
}

/** From here on this transaction plans as others do: its next statement reads more than a batch. */
export async function readWidely(reader: Reader): Promise<void> {
  await sql`
    select set_config(name, value, true)
      from (values ('enable_hashjoin', 'on'), ('enable_mergejoin', 'on'), ('enable_seqscan', 'on'),
                   ('join_collapse_limit', '8'), ('plan_cache_mode', 'force_custom_plan')
           ) as s(name, value)
  `.execute(reader);
}

/**
 * In the `where` of an update of targets that changes nothing which people see, as leases and heartbeats
 * do: its transaction gives no hint to pages.
 */
export const unseen: RawBuilder<boolean> = sql<boolean>`(
  set_config('fettle.unseen', 'on', true) = 'on')`;
