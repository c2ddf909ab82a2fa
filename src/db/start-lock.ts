import { sql } from "kysely";
import type { Tx } from "./database.ts";

/**
 * The lock of host protocol §11.3: whatever lets a host start takes it shared, whatever forbids starts
 * takes it exclusive, each as the first statement of its transaction.
 */
export const START_LOCK_SEED = 11;

/** Waits for every start under way; whatever starts later reads what this transaction writes. */
export async function lockStarts(tx: Tx, scope = "all"): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(${scope}::text, ${START_LOCK_SEED}))`.execute(tx);
}
