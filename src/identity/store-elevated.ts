import { sql } from "kysely";
import type { Elevated } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant } from "../db/database.ts";

/**
 * What elevations lend this person at this instant; what counts from its decision on does not wait for a
 * clock that is behind. The view asks for the rest: that the change is still carried out, with the plan it
 * was granted for, and that the person is not disabled.
 */
export async function loadElevated(
  reader: Reader,
  of: { readonly person: SubjectId; readonly now: Instant },
): Promise<readonly Elevated[]> {
  const now = sqlInstant(of.now);
  const { rows } = await sql<Elevated>`
    select e.id, e.change from live_elevation e
     where e.person = ${of.person} and e.counts_until > ${now}
       and (e.counts_from <= ${now} or e.counts_from = e.decided_at)
     order by e.number`.execute(reader);
  return rows;
}
