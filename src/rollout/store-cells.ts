import { sql } from "kysely";
import type { RolloutId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { isEverywhere, scopeSql } from "../inventory/scope.ts";
import { labelsOf } from "../plan/store-hosts.ts";
import { type Standing, standings } from "./model.ts";
import { standingSql } from "./store-view.ts";

/** So many hosts in a row of the plan's order that stand at the same. */
export interface CellRun {
  readonly wave: number;
  readonly standing: Standing;
  readonly hosts: number;
}

/** `standingOf` of the model as a column. */
const standing = sql.join(
  standings.map((one) => sql`when ${standingSql(one)} then ${one}`),
  sql` `,
);

/**
 * Where the hosts of each wave stand, in the order of the plan and as runs, so that 10,000 hosts are a
 * few hundred rows. Waves of more than `waveHostsMax` hosts are left out, and so is all that comes
 * after the first `hostsMax` hosts: nobody sees that many apart.
 */
export async function loadCells(
  reader: Reader,
  of: {
    readonly rollout: RolloutId;
    readonly scopes: readonly Selector[];
    readonly waveHostsMax: number;
    readonly hostsMax: number;
  },
): Promise<readonly CellRun[]> {
  const isSeen = isEverywhere(of.scopes) ? sql`true` : scopeSql(of.scopes, "h.labels");
  const { rows } = await sql<CellRun>`
    with drawn as (
      select number from (
        select number, sum(host_count) over (order by number) as hosts from wave
         where rollout = ${of.rollout} and host_count <= ${of.waveHostsMax}) as counted
       where hosts <= ${of.hostsMax}
    ), cell as (
      select t.wave, t.leaf_index, case ${standing} end as standing
        from target t ${labelsOf(of.scopes, "t.host")}
       where t.rollout = ${of.rollout} and t.wave in (select number from drawn) and ${isSeen}
    ), marked as (
      select wave, leaf_index, standing,
             row_number() over (partition by wave order by leaf_index)
               - row_number() over (partition by wave, standing order by leaf_index) as run
        from cell
    )
    select wave, standing, count(*)::integer as hosts from marked
     group by wave, standing, run order by wave, min(leaf_index)`.execute(reader);
  return rows;
}
