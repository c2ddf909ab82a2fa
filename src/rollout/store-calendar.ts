import { sql } from "kysely";
import type { RolloutId } from "../base/ids.ts";
import type { Labels } from "../base/labels.ts";
import type { Calendar } from "../calendar/model.ts";
import { type Db, inTransaction } from "../db/database.ts";
import { calendarSql } from "./store-claims.ts";

/** What the calendar holds of the hosts that a wave would start next. */
export interface CalendarHeld {
  readonly wave: number;
  readonly held: number;
  readonly of: number;
  /** The first of those that it holds: what is said of the wave is said of this host. */
  readonly labels: Labels;
  readonly zone: string | null;
}

/** So many in claim order are looked at: enough to say why, and the same work for any fleet. */
const LOOKED_AT = 1_000;

export function loadCalendarHeld(
  db: Db,
  of: { readonly rollout: RolloutId; readonly standing: Calendar },
): Promise<readonly CalendarHeld[]> {
  return inTransaction(db, async (tx) => {
    const mayStart = await calendarSql(tx, { db, standing: of.standing, kind: "apply" });
    if (mayStart === null) return [];
    const { rows } = await sql<CalendarHeld>`
      with next as materialized (
        select n.wave, n.leaf_index, n.host
          from wave w cross join lateral (
            select t.wave, t.leaf_index, t.host from target t
             where t.rollout = w.rollout and t.wave = w.number and t.kind = 'apply'
               and t.is_ready order by t.leaf_index limit ${LOOKED_AT}) n
         where w.rollout = ${of.rollout} and w.state in ('open', 'passed')
      ), judged as (
        select n.wave, n.leaf_index, h.labels, h.facts ->> 'zone' as zone, ${mayStart} as may_start
          from next n join host h on h.id = n.host join rollout r on r.id = ${of.rollout}
      )
      select distinct on (wave) wave, labels, zone,
             count(*) filter (where not may_start) over same as held, count(*) over same as of
        from judged window same as (partition by wave)
       order by wave, may_start, leaf_index`.execute(tx);
    return rows.filter(({ held }) => held > 0);
  });
}
