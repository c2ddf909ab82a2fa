import { sql } from "kysely";
import type { ChangeId } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import type { ItsmHeld } from "./itsm-hold.ts";

/** What records in ITSM systems stand in the way of now; waves ask the same view as they open. */
export async function loadItsmHolds(
  reader: Reader,
  change: ChangeId,
): Promise<readonly ItsmHeld[]> {
  const { rows } = await sql<ItsmHeld>`
    select system, kind, key, state, wanted from itsm_hold where change = ${change}
     order by system, kind, wanted::text`.execute(reader);
  return rows;
}
