import { sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import { sqlInstant } from "../db/database.ts";
import type { Exclusion } from "../plan/model.ts";

/** What is kept about one host, newest first, from before a moment. */
export interface Before {
  readonly host: HostId;
  readonly before: Instant;
  readonly limit: number;
}

export interface HostEvent {
  readonly type: string;
  readonly at: Instant;
  readonly facts: Readonly<Record<string, unknown>>;
}

export async function loadHostEvents(reader: Reader, of: Before): Promise<readonly HostEvent[]> {
  const { rows } = await sql<HostEvent>`
    select type, at, facts from event
     where object = ${`host:${of.host}`} and at < ${sqlInstant(of.before)}
     order by inserted desc limit ${of.limit}`.execute(reader);
  return rows;
}

export interface SetChange {
  readonly at: Instant;
  readonly setId: number;
  /** The set before; null for the first one that was seen. */
  readonly earlier: number | null;
}

export async function loadSetChanges(reader: Reader, of: Before): Promise<readonly SetChange[]> {
  const { rows } = await sql<SetChange>`
    select * from (
      select s.observed_from as at, s.set_id as "setId",
             lag(s.set_id) over (order by s.observed_from) as earlier
        from host_set s join host h on h.num = s.host_num
       where h.id = ${of.host} and s.recorded_to is null) as seen
     where at < ${sqlInstant(of.before)} order by at desc limit ${of.limit}`.execute(reader);
  return rows;
}

export interface JobWord {
  readonly at: Instant;
  readonly kind: string;
  readonly state: string;
  readonly code: string;
  /** The rollout's number; null for a job of none that is known here. */
  readonly rollout: number | null;
  readonly title: string | null;
}

export async function loadJobWords(reader: Reader, of: Before): Promise<readonly JobWord[]> {
  const { rows } = await sql<JobWord>`
    select j.received_at as at, j.kind, j.state, j.code, r.number as rollout, r.title
      from job_result j left join rollout r on r.plan = j.plan
     where j.host = ${of.host} and j.received_at < ${sqlInstant(of.before)}
     order by j.received_at desc limit ${of.limit}`.execute(reader);
  return rows;
}

export interface LeftOut {
  readonly at: Instant;
  readonly plan: string;
  readonly title: string;
  readonly because: Exclusion;
}

/** Plans that looked at the host and left it out. */
export async function loadLeftOut(reader: Reader, of: Before): Promise<readonly LeftOut[]> {
  const { rows } = await sql<LeftOut>`
    select p.created_at as at, p.digest as plan, t.title, e.because
      from plan_excluded e join plan p on p.digest = e.plan join patch t on t.id = p.patch
     where e.host = ${of.host} and p.created_at < ${sqlInstant(of.before)}
     order by p.created_at desc limit ${of.limit}`.execute(reader);
  return rows;
}

/** Rollouts under way, and the newest ended ones, that have this host. */
export async function loadRolloutsOfHost(
  reader: Reader,
  of: Before,
): Promise<readonly { readonly rollout: string; readonly at: Instant }[]> {
  const { rows } = await sql<{ rollout: string; at: Instant }>`
    select t.rollout, coalesce(t.ended_at, t.heard_at, t.claimed_at, t.trouble_since, r.started_at)
             as at
      from target t join rollout r on r.id = t.rollout
     where t.host = ${of.host}
       and coalesce(t.ended_at, t.heard_at, t.claimed_at, t.trouble_since, r.started_at)
           < ${sqlInstant(of.before)}
     order by 2 desc limit ${of.limit}`.execute(reader);
  return rows;
}
