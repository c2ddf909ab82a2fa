import { sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { labelsOf } from "../plan/store-hosts.ts";
import { type Conflict, conflictStates } from "./conflict.ts";
import type { Change } from "./model.ts";

const CONFLICTS_MAX = 20;

/** Other changes whose plans share hosts with this one's and whose approved times overlap. */
export async function loadConflicts(
  reader: Reader,
  change: Pick<Change, "id" | "plan" | "patch">,
  scopes: readonly Selector[],
): Promise<readonly Conflict[]> {
  const { rows } = await sql<Conflict>`
    with times as (
      select plan, min(not_before) as "from", max(not_after) as "to" from plan_wave group by plan
    ), others as (
      select c.* from change c
        join times t on t.plan = c.plan
        join times own on own.plan = ${change.plan} and own."from" < t."to" and t."from" < own."to"
       where c.id <> ${change.id} and c.state = any(${[...conflictStates]}::text[])
         and t."to" > now()
    ), ours as materialized (
      select host from plan_leaf where plan = ${change.plan}
    )
    select c.number, c.title, c.state, c.patch = ${change.patch} as "isSamePatch",
           count(*) as hosts
      from others c
      join plan_leaf theirs on theirs.plan = c.plan
      join ours on ours.host = theirs.host ${labelsOf(scopes, "ours.host")}
     where ${scopeSql(scopes, "h.labels")}
     group by c.number, c.title, c.state, c.patch
     order by c.number limit ${CONFLICTS_MAX}`.execute(reader);
  return rows;
}
