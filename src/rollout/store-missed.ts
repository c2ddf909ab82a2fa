import { type RawBuilder, sql } from "kysely";
import type { HostId, RolloutId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { MissedFacts } from "./missed.ts";
import { againCodes } from "./result-move.ts";
import { millis } from "./store-time.ts";

/**
 * Hosts of a rollout that it missed: nothing was begun there, and their time in it is over. They were
 * off, out of reach or busy for longer than the plan was valid; a plan of their own brings it to them.
 */

/** Over `target t` and `host h`. A rollout of the same patch that is under way will see to it itself. */
const isMissed: RawBuilder<boolean> = sql<boolean>`(
  t.kind = 'apply' and t.state = 'held' and not t.is_begun and h.removed_at is null
  and exists (select from rollout r join wave w on w.rollout = r.id
               where r.id = t.rollout and w.number = t.wave
                 and (r.state in ('finished', 'stopped') or w.state = 'ended'))
  and not exists (select from target u join rollout o on o.id = u.rollout
                   where u.host = t.host and u.rollout <> t.rollout
                     and o.patch = (select patch from rollout where id = t.rollout)
                     and (o.state in ('running', 'halted') or u.state in ('done', 'noop'))))`;

export async function countMissed(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly scopes: readonly Selector[] },
): Promise<number> {
  const { rows } = await sql<{ hosts: number }>`
    select count(*) as hosts from target t join host h on h.id = t.host
     where t.rollout = ${of.rollout} and ${isMissed} and ${scopeSql(of.scopes, "h.labels")}
  `.execute(reader);
  return rows[0]?.hosts ?? 0;
}

export async function loadMissed(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly scopes: readonly Selector[] },
): Promise<readonly HostId[]> {
  const { rows } = await sql<{ host: HostId }>`
    select t.host from target t join host h on h.id = t.host
     where t.rollout = ${of.rollout} and ${isMissed} and ${scopeSql(of.scopes, "h.labels")}
     order by t.leaf_index`.execute(reader);
  return rows.map((row) => row.host);
}

/** Over `target t`, `rollout r` and `wave w`: the rollout ended, or goes on, and this host is not done. */
const isWithout: RawBuilder<boolean> = sql<boolean>`(
  t.kind = 'apply' and (
    t.state = 'lost'
    or (not t.is_begun and (
      t.state in ('held', 'skipped')
      or (t.state = 'ready' and (w.state in ('passed', 'ended') or t.trouble_since is not null)))))
  and r.state in ('running', 'halted', 'finished', 'stopped'))`;

/** Left out by the planner for want of something; a host with nothing to change misses nothing. */
const isLeftOut: RawBuilder<boolean> = sql<boolean>`(
  e.because ->> 'why' <> 'not-affected'
  and not exists (select from target t where t.rollout = r.id and t.host = e.host))`;

/** Rollouts that went on, or ended, without this host, and that no other of the same patch made good. */
function withoutHost(host: HostId): RawBuilder<unknown> {
  return sql`
    select r.id, t.state, t.wave, t.hold, t.window_set, t.attempt, t.result_code, t.retry_at,
           coalesce(t.trouble_since, t.ended_at, r.started_at) as since, null::jsonb as because,
           t.ended_at
      from target t join rollout r on r.id = t.rollout
      join wave w on w.rollout = r.id and w.number = t.wave
     where t.host = ${host} and ${isWithout}
    union all
    select r.id, 'left-out', null, null, null, null, null, null, r.started_at, e.because, null
      from plan_excluded e join rollout r on r.plan = e.plan
     where e.host = ${host} and ${isLeftOut}`;
}

/** The patch came by another rollout since: what is over and made good is no news. */
function isMadeGood(host: HostId): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from target u join rollout o on o.id = u.rollout
     where u.host = ${host} and o.patch = r.patch and u.kind = 'apply'
       and u.state in ('done', 'noop'))`;
}

export async function countMissedOfHost(reader: Reader, host: HostId): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from (${withoutHost(host)}) m join rollout r on r.id = m.id
     where not ${isMadeGood(host)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

/** The newest rollouts first. */
export async function loadMissedOfHost(
  reader: Reader,
  of: { readonly host: HostId; readonly skip: number; readonly limit: number },
): Promise<readonly MissedFacts[]> {
  const { host, skip, limit } = of;
  const { rows } = await sql<MissedFacts>`
    select r.number as rollout, r.title, r.plan,
           (select number from patch where id = r.patch) as patch,
           r.state as "rolloutState", m.state as "state", ${millis(sql`m.since`)} as since,
           m.hold, m.because, w.state as "waveState", ${millis(sql`w.not_before`)} as "notBefore",
           ${millis(sql`w.not_after`)} as "notAfter",
           coalesce((select ws.windows from plan_window_set ws
                      where ws.plan = r.plan and ws.number = m.window_set), w.windows) as windows,
           coalesce(m.state = 'held' and m.result_code = any(${[...againCodes]}::text[])
                    and m.attempt < r.attempts_max, false) as "isTriedAgain",
           ${millis(sql`m.retry_at`)} as "retryAt",
           (select s.words from rollout_word s where s.rollout = r.id and s.verb = 'skipped'
               and m.state = 'skipped' and s.at = m.ended_at limit 1) as words,
           ${otherRollout(host)} as other, ${waitingPlan(host)} as next
      from (${withoutHost(host)}) m
      join rollout r on r.id = m.id
      left join wave w on w.rollout = r.id and w.number = m.wave
     where not ${isMadeGood(host)}
     order by r.number desc offset ${skip} limit ${limit}`.execute(reader);
  return rows;
}

/** Another rollout of the same patch that is under way and will, or may, bring it to the host. */
function otherRollout(host: HostId): RawBuilder<unknown> {
  return sql`(
    select o.number from target u join rollout o on o.id = u.rollout
     where u.host = ${host} and o.patch = r.patch and o.id <> r.id and u.kind = 'apply'
       and o.state in ('running', 'halted') and u.state not in ('skipped', 'lost')
     order by o.number desc limit 1)`;
}

/** The newest plan of the same patch that has the host, whose times are not over and that is no rollout yet. */
function waitingPlan(host: HostId): RawBuilder<unknown> {
  return sql`(
    select jsonb_build_object('plan', p.digest, 'change', c.number, 'state', c.state)
      from plan_leaf l join plan p on p.digest = l.plan
      left join change c on c.plan = p.digest
     where l.host = ${host} and p.patch = r.patch and p.created_at > r.started_at
       and p.expires_at > now() and (c.state is null or c.state in ('requested', 'approved'))
       and not exists (select from rollout o where o.plan = p.digest)
     order by p.created_at desc limit 1)`;
}
