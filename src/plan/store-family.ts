import { sql } from "kysely";
import type { HostId, PlanDigest } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";

/** Plans that add hosts to another one: children name their parent, and are approved anew. */

/** Hosts of a plan and of all that were ever added to it, but for plans of the one change. */
export async function loadFamilyHosts(
  reader: Reader,
  of: { readonly plan: PlanDigest; readonly exceptChange: number | null },
): Promise<ReadonlySet<HostId>> {
  const { rows } = await sql<{ host: HostId }>`
    with recursive family as (
      select ${of.plan}::text as digest
      union select p.digest from family f join plan p
         on p.report ->> 'parent' = f.digest
        and p.change_number is distinct from ${of.exceptChange}::integer
    )
    select distinct l.host from family f join plan_leaf l on l.plan = f.digest`.execute(reader);
  return new Set(rows.map((row) => row.host));
}

/** Plans that name this one as their parent, oldest first. */
export async function loadChildren(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly PlanDigest[]> {
  const { rows } = await sql<{ digest: PlanDigest }>`
    select digest from plan where report ->> 'parent' = ${plan}
     order by created_at, digest`.execute(reader);
  return rows.map((row) => row.digest);
}
