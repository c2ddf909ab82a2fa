import { sql } from "kysely";
import type { PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Span } from "../base/spans.ts";
import type { ChangeState } from "../change/model.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import { planInScope } from "../plan/store-hosts.ts";
import type { WaveState } from "./model.ts";
import { millis } from "./store-time.ts";

/** Waves on the calendar: of every plan that is asked for, approved or carried out. */
export interface CalendarWave {
  readonly plan: PlanDigest;
  readonly title: string;
  readonly change: number;
  readonly state: Extract<ChangeState, "requested" | "approved" | "running">;
  readonly number: number;
  readonly ring: string;
  readonly hosts: number;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Null until the plan is carried out. */
  readonly rollout: number | null;
  readonly waveState: WaveState | null;
}

/** Those whose approved time meets the span, by when they may begin; ended waves are over. */
export async function loadCalendarWaves(
  reader: Reader,
  of: { readonly span: Span; readonly scopes: readonly Selector[]; readonly limit: number },
): Promise<readonly CalendarWave[]> {
  const { rows } = await sql<CalendarWave>`
    select c.plan, c.title, c.number as change, c.state, w.number, w.ring, w.host_count as hosts,
           ${millis(sql`w.not_before`)} as "notBefore", ${millis(sql`w.not_after`)} as "notAfter",
           o.number as rollout, v.state as "waveState"
      from change c
      join plan_wave w on w.plan = c.plan
      left join rollout o on o.plan = c.plan
      left join wave v on v.rollout = o.id and v.number = w.number
     where c.state in ('requested', 'approved', 'running')
       and w.not_before < ${sqlInstant(of.span.to)} and w.not_after >= ${sqlInstant(of.span.from)}
       and coalesce(v.state <> 'ended', true) and ${planInScope("c.plan", of.scopes)}
     order by w.not_before, c.number, w.number limit ${of.limit}`.execute(reader);
  return rows;
}
