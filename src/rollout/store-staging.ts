import { type RawBuilder, sql } from "kysely";
import type { HostId, RolloutId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader, Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { JobAbout } from "../reach/reach-by-certificate.ts";
import type { Staging, StagingCounts, StagingOutcome } from "./staging.ts";
import { approvalsAllow, witnessesAllow } from "./store-approvals.ts";
import { controlsAllow, isWindowOpen, rolloutAllows } from "./store-claims.ts";
import { millis } from "./store-time.ts";

/** Which hosts have the files of their job already, and who is to be asked to fetch them. */

/** Over `wave w`, where the policy says how long before it opens. */
const isStagingTime = sql`(
  now() >= w.not_before - make_interval(secs => (w.gate ->> 'stageSeconds')::float8)
  and now() < w.not_after)`;

/** Over `rollout r` and `wave w`: people agreed, nobody halted it, and the wave is near or still closed. */
const mayStage = sql`(${rolloutAllows("apply")} and ${controlsAllow("apply")} and ${approvalsAllow}
  and ${witnessesAllow} and ${isStagingTime})`;

/**
 * Whether waves may have to begin, and hosts to be asked: never no where the statements below find some. Each
 * event of each rollout asks, nearly always for nothing, and planning those takes twenty times as long.
 */
export async function loadStagingDue(
  reader: Reader,
): Promise<{ readonly waves: boolean; readonly hosts: boolean }> {
  const { rows } = await sql<{ waves: boolean; hosts: boolean }>`
    select exists (
             select 1 from rollout r join wave w on w.rollout = r.id
              where r.state = 'running' and w.staging_at is null
                and w.gate ->> 'stageSeconds' is not null and w.state in ('waiting', 'open')
                and ${isStagingTime}) as waves,
           exists (
             select 1 from staged_target g
              where g.state in ('waiting', 'refused') and g.next_at <= now()) as hosts`.execute(
    reader,
  );
  return rows[0] ?? { waves: true, hosts: true };
}

/** Writes the hosts of waves whose time to stage has come, once; returns how many of each. */
export async function beginStaging(
  tx: Tx,
): Promise<
  readonly { readonly rollout: RolloutId; readonly wave: number; readonly hosts: number }[]
> {
  const { rows } = await sql<{ rollout: RolloutId; wave: number; hosts: number }>`
    with due as (
      update wave w set staging_at = now()
        from rollout r
       where r.id = w.rollout and r.state = 'running' and w.staging_at is null
         and w.gate ->> 'stageSeconds' is not null and w.state in ('waiting', 'open')
         and ${mayStage}
      returning w.rollout, w.number
    ), begun as (
      insert into staged_target (rollout, host, wave, next_at)
      select t.rollout, t.host, t.wave, now() from due d
        join target t on t.rollout = d.rollout and t.wave = d.number and t.is_ready
          and t.kind = 'apply'
      on conflict do nothing
      returning rollout, wave
    )
    select rollout, wave, count(*)::int as hosts from begun group by rollout, wave
     order by rollout, wave`.execute(tx);
  return rows;
}

/** The host waits, and its wave or its own window is not open: a job that may start fetches by itself. */
const isAhead = sql`(t.is_ready and t.kind = 'apply' and (w.state = 'waiting'
  or now() < w.not_before
  or (w.windows <> '[]' and not ${isWindowOpen("w.windows")})
  or (t.window_set is not null and not exists (
    select 1 from plan_window_set o where o.plan = r.plan and o.number = t.window_set
      and ${isWindowOpen("o.windows")}))))`;

const isOver = sql`(not t.is_ready or t.kind <> 'apply' or now() >= w.not_after
  or r.state in ('finished', 'stopped'))`;

/**
 * Hosts to ask now; nobody else asks them for so long. Those that cannot be asked at this moment come again
 * in a minute, those whose job has come are left alone for good. Counters rise in the same statement.
 */
export async function claimStaging(
  tx: Tx,
  of: { readonly countMax: number; readonly leaseSeconds: number },
): Promise<readonly Staging[]> {
  const { rows } = await sql<Staging>`
    with due as (
      select g.rollout, g.host from staged_target g
       where g.state in ('waiting', 'refused') and g.next_at <= now()
       order by g.next_at limit ${of.countMax} for update skip locked
    ), judged as (
      select d.rollout, d.host, ${isOver} as is_over,
             (${isAhead} and ${mayStage} and s.rollout is null and not s.is_quarantined
               and h.removed_at is null and h.mode = 'managed') as is_meant
        from due d
        join target t on t.rollout = d.rollout and t.host = d.host
        join rollout r on r.id = t.rollout
        join wave w on w.rollout = t.rollout and w.number = t.wave
        join host_slot s on s.host = t.host
        join host h on h.id = t.host
    ), counted as (
      update host_slot s
         set counter = greatest(s.counter + 1,
                                (extract(epoch from clock_timestamp()) * 1000)::bigint)
        from judged j where j.is_meant and not j.is_over and s.host = j.host
      returning s.host, s.counter
    ), moved as (
      update staged_target g
         set state = case when j.is_over then 'over' else g.state end,
             next_at = now() + make_interval(secs => case when j.is_meant
               then ${of.leaseSeconds}::int else ${LATER_SECONDS}::int end)
        from judged j where g.rollout = j.rollout and g.host = j.host
      returning g.rollout, g.host, g.tries
    )
    select t.rollout, r.plan, r.change, t.host, t.wave,
           coalesce(t.leaf, t.leaf_index) as "leafIndex", t.body, t.attempt, t.epoch, c.counter,
           m.tries, ${millis(sql`now()`)} as "issuedAt"
      from counted c
      join moved m on m.host = c.host
      join judged j on j.rollout = m.rollout and j.host = m.host and j.is_meant and not j.is_over
      join target t on t.rollout = m.rollout and t.host = m.host
      join rollout r on r.id = t.rollout`.execute(tx);
  return rows;
}

const LATER_SECONDS = 60;

/** False when the host's job came meanwhile, or another server has heard its answer. */
export async function writeStaging(
  tx: Tx,
  of: {
    readonly staging: Pick<Staging, "rollout" | "host">;
    readonly outcome: StagingOutcome;
    readonly againSeconds: number;
  },
): Promise<boolean> {
  const { staging, outcome } = of;
  const { state, code, why, files, kilobytes, signed } = outcome;
  const { numAffectedRows } = await sql`
    update staged_target
       set state = ${state}, code = ${code}, why = ${why?.slice(0, 400) ?? null},
           files = ${files}, kilobytes = ${kilobytes},
           document = ${signed?.text ?? null}, signature = ${signed?.signature ?? null},
           tries = tries + 1, tried_at = now(),
           next_at = now() + make_interval(secs => ${of.againSeconds})
     where rollout = ${staging.rollout} and host = ${staging.host}
       and state in ('waiting', 'refused')`.execute(tx);
  return numAffectedRows === 1n;
}

/** For which rollout a connection that may only stage is due; null where nothing may come now. */
export async function loadStagingAbout(tx: Tx, host: HostId): Promise<JobAbout | null> {
  const { rows } = await sql<JobAbout>`
    select r.change, r.id as rollout,
           'C-' || c.number || ' R-' || r.number || ' staging ' || t.leaf_index as text
      from staged_target g
      join target t on t.rollout = g.rollout and t.host = g.host
      join rollout r on r.id = t.rollout
      join change c on c.id = r.change
      join wave w on w.rollout = t.rollout and w.number = t.wave
      join host h on h.id = t.host and h.mode = 'managed' and h.removed_at is null
     where g.host = ${host} and g.state in ('waiting', 'refused') and not ${isOver} and ${mayStage}
     limit 1`.execute(tx);
  return rows[0] ?? null;
}

/** By wave; waves without staging are not there. */
export async function countStaging(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly scopes: readonly Selector[] },
): Promise<ReadonlyMap<number, StagingCounts>> {
  const count = (states: RawBuilder<boolean>) =>
    sql<number>`count(*) filter (where ${states})::int`;
  const { rows } = await sql<StagingCounts & { wave: number }>`
    select g.wave, ${count(sql`g.state = 'staged'`)} as staged,
           ${count(sql`g.state = 'refused'`)} as refused,
           ${count(sql`g.state = 'waiting'`)} as waiting
      from staged_target g join host h on h.id = g.host
     where g.rollout = ${of.rollout} and ${scopeSql(of.scopes, "h.labels")}
     group by g.wave`.execute(reader);
  return new Map(rows.map(({ wave, ...counts }) => [wave, counts]));
}

/** Of a host in every rollout where it still counts, or of the hosts of one rollout. */
export interface HostStaging {
  readonly host: HostId;
  readonly rollout: RolloutId;
  readonly number: number;
  readonly state: "waiting" | "staged" | "refused" | "over";
  readonly code: string | null;
  readonly why: string | null;
  readonly files: number;
  readonly kilobytes: number;
  readonly triedAt: number | null;
}

export async function loadStaging(
  reader: Reader,
  of: { readonly rollout?: RolloutId; readonly hosts: readonly HostId[] },
): Promise<readonly HostStaging[]> {
  const isIn = of.rollout === undefined ? sql`true` : sql`g.rollout = ${of.rollout}`;
  const { rows } = await sql<HostStaging>`
    select g.host, g.rollout, r.number, g.state, g.code, g.why, g.files, g.kilobytes,
           ${millis(sql`g.tried_at`)} as "triedAt"
      from staged_target g join rollout r on r.id = g.rollout
     where g.host = any(${[...of.hosts]}::text[]) and ${isIn}
     order by r.number desc, g.host limit 1000`.execute(reader);
  return rows;
}
