import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** Kinds of events after which dates and priorities can be others. */
const CAUSES = ["host", "policy", "exception", "deferral", "vex", "feed", "service"];

export interface Causes {
  /** The place of the newest event of any kind; 0 where there is none. */
  readonly newest: number;
  readonly hasCause: boolean;
}

/** What was recorded after a place; null looks only where the end is. */
export async function loadCauses(reader: Reader, after: number | null): Promise<Causes> {
  const { rows } = await sql<Causes>`
    select coalesce((select max(inserted) from event), 0)::float8 as newest,
           exists (select from event
                    where inserted > ${after}::bigint
                      and split_part(type, '.', 1) = any(${CAUSES}::text[])) as "hasCause"
    `.execute(reader);
  return rows[0] ?? { newest: 0, hasCause: false };
}
