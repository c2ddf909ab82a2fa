import { type RawBuilder, sql } from "kysely";
import type { RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Reader, Tx } from "../db/database.ts";
import { millis } from "./store-time.ts";
import type { WaveCounts } from "./wave.ts";

/**
 * Where the hosts of a rollout stand, as numbers of each wave: from what moves have added to
 * `target_count`, and from the targets themselves only where those rows do not add up. A turn over a
 * million hosts so reads some tens of rows.
 */
export type CountRow = WaveCounts & {
  readonly revertible: number;
  readonly orderedBack: number;
  readonly reverting: number;
  readonly wave: number;
  readonly newFailures: number;
  readonly newSuccesses: number;
  readonly lastEndedAt: Instant | null;
  readonly retryable: number;
};

export async function loadCounts(reader: Reader, id: RolloutId): Promise<readonly CountRow[]> {
  const { rows } = await sql<CountRow>`${countsSql(id)}`.execute(reader);
  return rows;
}

/** Rows that a turn reads; so many are put together to the few that they stand for. */
const ROWS_MAX = 200;

/**
 * Puts the rows together. The caller holds the rollout's row since an earlier statement, so that no two
 * do it at once and this one sees what the other wrote.
 */
export async function foldCounts(tx: Tx, id: RolloutId): Promise<void> {
  await sql`
    with asked as (
      select ${isStale(id)} as is_stale,
             (select count(*) from target_count where rollout = ${id}) > ${ROWS_MAX} as is_long
    ), gone as (
      delete from target_count c using asked a
       where c.rollout = ${id} and (a.is_stale or a.is_long)
      returning c.*
    )
    insert into target_count (rollout, wave, state, kind, verdict, is_begun, is_acknowledged,
                              attempt, is_ended, hosts, ended_from, ended_to)
    select ${id}::text, s.* from (
      ${standing(sql`gone`, sql`not (select is_stale from asked)`)}
      union all ${counted(id, sql`(select is_stale from asked)`)}) s`.execute(tx);
}

/** Nobody has counted yet, or what was counted is not what there is. */
function isStale(id: RolloutId): RawBuilder<boolean> {
  return sql<boolean>`(
    exists (select from target_count where rollout = ${id} and is_stale)
    or exists (
      select from wave w
        left join (select wave, sum(hosts) as hosts from target_count where rollout = ${id}
                    group by wave) c on c.wave = w.number
       where w.rollout = ${id} and w.host_count <> coalesce(c.hosts, 0)))`;
}

/** Those that are alike in all that is asked, of which there are few. */
const alike = sql`wave, state, kind, verdict, is_begun, is_acknowledged, attempt`;

function standing(from: RawBuilder<unknown>, only: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`
    select ${alike}, is_ended, sum(hosts) as hosts, min(ended_from) as ended_from,
           max(ended_to) as ended_to
      from ${from} c where ${only}
     group by ${alike}, is_ended having sum(hosts) <> 0`;
}

/** The same of the targets themselves. */
function counted(id: RolloutId, only: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`
    select ${alike}, ended_at is not null, count(*), min(ended_at), max(ended_at)
      from target where rollout = ${id} and ${only}
     group by ${alike}, ended_at is not null`;
}

/** What time alone changes is asked of the few rows that it can change. */
function countsSql(id: RolloutId): RawBuilder<CountRow> {
  const hosts = (condition: RawBuilder<unknown>): RawBuilder<number> =>
    sql<number>`coalesce(sum(hosts) filter (where ${condition}), 0)::integer`;
  const isLost = sql`(state = 'unknown' or (state = 'held' and is_begun))`;
  const deferred = sql`coalesce((select sum(d.hosts) from deferred d where d.wave = a.wave), 0)`;
  const deferredApply = sql`coalesce((select d.hosts from deferred d
    where d.wave = a.wave and d.kind = 'apply'), 0)`;
  const isRevertible = sql`state = 'done' and kind = 'apply' and is_ended`;
  const since = sql`(select since from asked)`;
  return sql<CountRow>`
    with asked as materialized (
      select ${isStale(id)} as is_stale, r.attempts_max,
             now() - make_interval(secs => r.revert_seconds) as since
        from rollout r where r.id = ${id}
    ), alike as (
      ${standing(
        sql`target_count`,
        sql<boolean>`c.rollout = ${id} and not (select is_stale from asked)`,
      )}
      union all ${counted(id, sql`(select is_stale from asked)`)}
    ), deferred as (
      select wave, kind, count(*) as hosts from target
       where rollout = ${id} and is_ready and retry_at > now() group by wave, kind
    )
    select wave,
      (${hosts(sql`state = 'ready' and kind = 'apply'`)} - ${deferredApply})::integer as ready,
      ${deferredApply}::integer as deferred,
      ${hosts(sql`state = 'ready' and kind = 'revert'`)} as "readyRevert",
      ${hosts(sql`state in
        ('leased', 'permitted', 'applying', 'rebooting', 'verifying')`)} as active,
      ${hosts(isLost)} as unknown,
      ${hosts(sql`state in ('done', 'noop') and verdict is null`)} as checking,
      ${hosts(sql`state in ('done', 'noop') and verdict = 'verified'`)} as verified,
      ${hosts(sql`state in ('done', 'noop') and verdict = 'unverified'`)} as unverified,
      ${hosts(sql`state = 'failed'`)} as failed,
      ${hosts(sql`state in ('rolled-back', 'reverted')`)} as "rolledBack",
      ${hosts(sql`state = 'held' and not is_begun`)} as held,
      ${hosts(sql`state = 'lost'`)} as lost,
      ${hosts(sql`state = 'skipped'`)} as skipped,
      ${hosts(sql`not is_acknowledged and (state in ('failed', 'rolled-back', 'lost')
        or ${isLost})`)} as "newFailures",
      ${hosts(sql`not is_acknowledged and state in ('done', 'noop')
        and verdict = 'verified'`)} as "newSuccesses",
      (case when ${since} is null then 0
            when min(ended_from) filter (where ${isRevertible}) > ${since}
              then ${hosts(isRevertible)}
            when max(ended_to) filter (where ${isRevertible}) > ${since}
              then (select count(*) from target t
                     where t.rollout = ${id} and t.wave = a.wave and t.state = 'done'
                       and t.kind = 'apply' and t.ended_at > ${since})
            else 0 end)::integer as revertible,
      ${hosts(sql`kind = 'revert'`)} as "orderedBack",
      ${hosts(sql`kind = 'revert' and (state in
        ('leased', 'permitted', 'applying', 'rebooting', 'verifying') or ${isLost})`)} as reverting,
      (${deferred} + ${hosts(sql`kind = 'apply' and attempt < (select attempts_max from asked)
        and (state in ('failed', 'rolled-back') or (state = 'held' and not is_begun))`)})::integer
        as retryable,
      ${millis(sql`max(ended_to)`)} as "lastEndedAt"
    from alike a group by wave`;
}
