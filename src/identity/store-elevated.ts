import { sql } from "kysely";
import type { Elevated } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant } from "../db/database.ts";

/**
 * What elevations lend this person at this instant. The view asks for the rest: that the change is
 * still carried out, with the plan it was granted for, and that the person is not disabled.
 */
export async function loadElevated(
  reader: Reader,
  of: { readonly person: SubjectId; readonly now: Instant },
): Promise<readonly Elevated[]> {
  const now = sqlInstant(of.now);
  const { rows } = await sql<Elevated>`
    select e.id, e.change from live_elevation e
     where e.person = ${of.person} and e.counts_from <= ${now} and e.counts_until > ${now}
     order by e.number`.execute(reader);
  return rows;
}
