import { sql } from "kysely";
import type { World } from "../../src/db/world.ts";
import { sequence } from "../../src/ledger/loops-sequencer.ts";
import { openLogKey } from "../../src/ledger/store-log-key.ts";

/** Waits until every event so far lies below a signed head, as dispatch demands of approvals. */
export async function integrated(world: World): Promise<void> {
  const key = await openLogKey(world);
  for (;;) {
    await sequence(world, key);
    const { rows } = await sql`select 1 from event_queue limit 1`.execute(world.db);
    if (rows.length === 0) return;
  }
}
