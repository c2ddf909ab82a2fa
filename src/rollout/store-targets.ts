import { type RawBuilder, sql } from "kysely";
import type { HostId, RolloutId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Db, Reader, Tx } from "../db/database.ts";
import { inTransaction } from "../db/database.ts";
import {
  JOB_SILENCE_SECONDS,
  PERMIT_MARGIN_SECONDS,
  REVERT_AGAIN_SECONDS,
  TALK_SECONDS,
} from "./engine.ts";
import type { Hold } from "./hold.ts";
import { statesWith, type TargetState, targetMoves } from "./model.ts";
import { againCodes } from "./result-move.ts";
import { forgetReadings } from "./store-gates.ts";
import { holdUntil, lastTrouble, unseen, waitShortly } from "./store-time.ts";

/**
 * Moves of targets, set-wise. Each names the states that its verb leaves, taken from the state table,
 * in its own `where`: a late or repeated message finds another state there and changes nothing.
 */
export interface TargetKey {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly attempt: number;
  readonly epoch: number;
}

/** The states that a verb leaves, as SQL. */
export function leaves(verb: string): RawBuilder<boolean> {
  return sql<boolean>`t.state = any(${[...statesWith(targetMoves, verb)]}::text[])`;
}

/** Frees the slots of targets that hold none any more. */
export async function freeSlots(
  tx: Tx,
  targets: readonly { readonly rollout: RolloutId; readonly host: HostId }[],
): Promise<void> {
  if (targets.length === 0) return;
  await sql`
    update host_slot s set rollout = null
      from unnest(${targets.map((t) => t.rollout)}::text[], ${targets.map((t) => t.host)}::text[])
        as f(rollout, host)
     where s.host = f.host and s.rollout = f.rollout
       and (select not b.is_busy from target b
             where b.rollout = f.rollout and b.host = f.host)`.execute(tx);
}

/** The job of a host and where it stands; null when the rollout has no such host. */
export async function loadJobOfHost(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly host: HostId },
): Promise<{
  readonly host: HostId;
  readonly leafIndex: number;
  readonly body: string;
  readonly state: TargetState;
  readonly isQuarantined: boolean;
} | null> {
  const { rows } = await sql<{
    host: HostId;
    leafIndex: number;
    body: string;
    state: TargetState;
    isQuarantined: boolean;
  }>`
    select t.host, t.leaf_index as "leafIndex", t.body, t.state,
           s.is_quarantined as "isQuarantined"
      from target t join host_slot s on s.host = t.host
     where t.rollout = ${of.rollout} and t.host = ${of.host}`.execute(reader);
  return rows[0] ?? null;
}

export interface Drop extends TargetKey {
  readonly hold: Hold;
  readonly retryAfterSeconds: number;
}

/** Leased → ready: nothing was begun, and it is tried again later. Returns how many moved. */
export function dropTargets(db: Db, drops: readonly Drop[]): Promise<number> {
  const retryAt = sql`now() + make_interval(secs => d.seconds)`;
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ rollout: RolloutId; host: HostId }>`
      update target t
         set state = 'ready', epoch = t.epoch + 1, lease_owner = null, lease_until = null,
             hold = ${holdUntil(sql`d.hold::jsonb`, retryAt)}, tries = t.tries + 1,
             trouble_since = coalesce(t.trouble_since, now()), retry_at = ${retryAt}
        from unnest(${drops.map((d) => d.rollout)}::text[], ${drops.map((d) => d.host)}::text[],
          ${drops.map((d) => d.attempt)}::int[], ${drops.map((d) => d.epoch)}::bigint[],
          ${drops.map((d) => JSON.stringify(d.hold))}::text[],
          ${drops.map((d) => d.retryAfterSeconds)}::int[])
          as d(rollout, host, attempt, epoch, hold, seconds)
       where t.rollout = d.rollout and t.host = d.host and t.attempt = d.attempt
         and t.epoch = d.epoch and ${leaves("drop")}
      returning t.rollout, t.host`.execute(tx);
    await freeSlots(tx, rows);
    return rows.length;
  });
}

export interface Sweep {
  readonly expired: number;
  readonly silent: number;
  /** Put back to be tried once more. */
  readonly again: number;
}

/**
 * What time alone does: leases end, and hosts that may be working fall silent. Nobody is silent
 * while nobody listened: `listenedSeconds` is for how long this server has, always unless told. Rows that
 * somebody has locked are left for a later sweep.
 */
export function sweepTargets(
  db: Db,
  listenedSeconds: number = Number.POSITIVE_INFINITY,
): Promise<Sweep> {
  const limit = sql`case t.state
               when 'permitted' then r.permit_ttl_seconds + ${PERMIT_MARGIN_SECONDS}
               else ${JOB_SILENCE_SECONDS} end`;
  return inTransaction(db, async (tx) => {
    await waitShortly(tx);
    const expired = await sql<{ rollout: RolloutId; host: HostId }>`
      with due as (
        select t.rollout, t.host from target t join host_slot s on s.host = t.host
         where t.is_busy and t.lease_until < now() and ${leaves("expire")}
           for update of t, s skip locked)
      update target t
         set state = 'ready', epoch = t.epoch + 1, lease_owner = null, lease_until = null
        from due where t.rollout = due.rollout and t.host = due.host
      returning t.rollout, t.host`.execute(tx);
    await freeSlots(tx, expired.rows);
    const silent = await sql`
      with due as (
        select t.rollout, t.host from target t join rollout r on r.id = t.rollout
         where t.is_busy and ${leaves("silence")}
           and t.heard_at < now() - make_interval(secs => ${limit})
           and ${listenedSeconds}::float8 > ${limit}
           for no key update of t skip locked)
      update target t
         set state = 'unknown',
             hold = jsonb_build_object('why', 'host-silent',
                      'since', (extract(epoch from t.heard_at) * 1000)::bigint)
                    || case t.state when 'rebooting' then '{"isDown": true}'::jsonb else '{}' end
        from due where t.rollout = due.rollout and t.host = due.host`.execute(tx);
    const ended = await sql<{ rollout: RolloutId; host: HostId }>`
      with due as (
        select t.rollout, t.host, r.state from target t join rollout r on r.id = t.rollout
         where t.is_ready and ${leaves("give-up")}
           and (r.state in ('stopped', 'finished')
                or (t.kind = 'revert'
                    and t.ended_at + make_interval(secs => r.revert_seconds) < now()))
           for no key update of t skip locked)
      update target t
         set state = 'held', ended_at = now(),
             hold = case when due.state in ('stopped', 'finished')
                         then coalesce(${lastTrouble},
                                jsonb_build_object('why', 'rollout-ended', 'state', due.state))
                         else '{"why": "revert-over"}' end
        from due where t.rollout = due.rollout and t.host = due.host
      returning t.rollout, t.host`.execute(tx);
    return {
      expired: expired.rows.length + ended.rows.length,
      silent: Number(silent.numAffectedRows ?? 0n),
      again: await retryUnstarted(tx),
    };
  });
}

/**
 * A host that took the job and stopped before it changed anything, for a reason that passes: no
 * permit came (this server was away, or a halt held), the package manager was locked. It has ended
 * that attempt, so while its rollout runs it gets a new one, if one is approved.
 */
async function retryUnstarted(tx: Tx): Promise<number> {
  const applies = await sql<{ rollout: RolloutId }>`
    with due as (
      select t.rollout, t.host
        from target t join rollout r on r.id = t.rollout
        join wave w on w.rollout = r.id and w.number = t.wave
       where r.state = 'running'
         and w.state in ('open', 'passed') and now() between w.not_before and w.not_after
         and t.is_held and t.kind = 'apply'
         and t.result_code = any(${[...againCodes]}::text[])
         and (t.retry_at is null or t.retry_at <= now()) and t.attempt < r.attempts_max
         for no key update of t skip locked)
    update target t
       set state = 'ready', attempt = t.attempt + 1, epoch = t.epoch + 1, hold = null, tries = 0,
           trouble_since = null, result_state = null, result_code = null, ended_at = null,
           step = null, retry_at = null
      from due where t.rollout = due.rollout and t.host = due.host
    returning t.rollout`.execute(tx);
  // An ordered revert is the same attempt however often it is ordered; the host bounds its time.
  const reverts = await sql<{ rollout: RolloutId }>`
    with due as (
      select t.rollout, t.host from target t join rollout r on r.id = t.rollout
       where r.state in ('running', 'halted') and not r.is_frozen
         and t.is_held and t.kind = 'revert'
         and t.result_code = any(${[...againCodes]}::text[])
         and t.ended_at < now() - make_interval(secs => ${REVERT_AGAIN_SECONDS})
         for no key update of t skip locked)
    update target t
       set state = 'ready', epoch = t.epoch + 1, hold = null, retry_at = null
      from due where t.rollout = due.rollout and t.host = due.host
    returning t.rollout`.execute(tx);
  const rollouts = [...applies.rows, ...reverts.rows].map((row) => row.rollout);
  if (rollouts.length > 0) {
    await sql`update rollout set look_at = now() where id = any(${rollouts}::text[])`.execute(tx);
  }
  return rollouts.length;
}

/**
 * Keeps conversations: whoever talks to a host says so from time to time. It never waits for a row, as
 * two statements over many rows would wait for each other: one that is moved just now is kept next time.
 */
export async function keepLeases(
  db: Db,
  owner: string,
  held: { readonly keys: readonly TargetKey[]; readonly leaseSeconds: number },
): Promise<void> {
  const { keys } = held;
  if (keys.length === 0) return;
  await sql`
    with mine as (
      select t.rollout, t.host
        from unnest(${keys.map((k) => k.rollout)}::text[], ${keys.map((k) => k.host)}::text[],
          ${keys.map((k) => k.attempt)}::int[], ${keys.map((k) => k.epoch)}::bigint[])
          as k(rollout, host, attempt, epoch)
        join target t on t.rollout = k.rollout and t.host = k.host and t.attempt = k.attempt
         and t.epoch = k.epoch and t.lease_owner = ${owner} and t.is_busy
         for no key update of t skip locked)
    update target t
       set lease_until = now() + make_interval(secs => ${held.leaseSeconds}), heard_at = now(),
           talk_until = now() + make_interval(secs => ${TALK_SECONDS})
      from mine where t.rollout = mine.rollout and t.host = mine.host and ${unseen}`.execute(db);
}

export interface Progress {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly attempt: number;
  /** Null: a word of the host that moves nothing. */
  readonly verb: "begin" | "reboot" | "verify" | null;
  /** The journal line as shown, printable and short. */
  readonly step: string;
}

/** What the host's journal says. Unsigned, so it moves only between states that hold the slot. */
export async function recordProgress(tx: Tx, progress: readonly Progress[]): Promise<void> {
  await waitShortly(tx, "words");
  for (const verb of ["begin", "reboot", "verify", null] as const) {
    const some = progress.filter((p) => p.verb === verb);
    if (some.length === 0) continue;
    const to =
      verb === null ? null : { begin: "applying", reboot: "rebooting", verify: "verifying" }[verb];
    const move =
      to === null ? sql`t.state` : sql`case when ${leaves(verb ?? "")} then ${to} else t.state end`;
    await sql`
      update target t set state = ${move}, step = p.step, heard_at = now()
        from unnest(${some.map((p) => p.rollout)}::text[], ${some.map((p) => p.host)}::text[],
          ${some.map((p) => p.attempt)}::int[], ${some.map((p) => p.step)}::text[])
          as p(rollout, host, attempt, step)
       where t.rollout = p.rollout and t.host = p.host and t.attempt = p.attempt
         and t.state in
           ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown', 'held')
    `.execute(tx);
  }
}

/**
 * A person's retry: a new attempt within what the statement allows. Returns the hosts that moved. A
 * wave that has ended starts nothing any more, and its rollout would wait for such a host for ever.
 */
export async function retryTargets(
  tx: Tx,
  rollout: RolloutId,
  hosts: readonly HostId[] | null,
): Promise<readonly HostId[]> {
  const { rows } = await sql<{ host: HostId }>`
    update target t
       set state = 'ready', attempt = t.attempt + 1, epoch = t.epoch + 1, is_begun = false,
           is_acknowledged = false, hold = null, retry_at = null, tries = 0, trouble_since = null,
           result_state = null, result_code = null, ended_at = null, step = null,
           lease_owner = null, lease_until = null
      from rollout r
     where r.id = t.rollout and t.rollout = ${rollout} and r.state in ('running', 'halted')
       and (${hosts === null}::boolean or t.host = any(${[...(hosts ?? [])]}::text[]))
       and ${leaves("retry")} and t.kind = 'apply' and t.attempt < r.attempts_max
       and not (t.state = 'held' and t.is_begun)
       and exists (select 1 from wave w where w.rollout = t.rollout and w.number = t.wave
                      and w.state <> 'ended')
    returning t.host`.execute(tx);
  await sql`update rollout set look_at = now() where id = ${rollout}`.execute(tx);
  return rows.map((row) => row.host);
}

/**
 * What waits to be tried again by itself is tried now: the reason may have gone, as a person sees. No
 * attempt is used, because none was begun. Returns the hosts that waited.
 */
export async function tryAgainNow(
  tx: Tx,
  rollout: RolloutId,
  hosts: readonly HostId[],
): Promise<readonly HostId[]> {
  const { rows } = await sql<{ host: HostId }>`
    update target t set retry_at = null
      from rollout r
     where r.id = t.rollout and t.rollout = ${rollout} and r.state in ('running', 'halted')
       and t.host = any(${[...hosts]}::text[]) and t.state = 'ready' and t.retry_at > now()
    returning t.host`.execute(tx);
  await sql`update rollout set look_at = now() where id = ${rollout}`.execute(tx);
  return rows.map((row) => row.host);
}

/** Leaves a host out; only what was never begun can be. */
export async function skipTarget(tx: Tx, rollout: RolloutId, host: HostId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update target t set state = 'skipped', ended_at = now(), hold = null
     where t.rollout = ${rollout} and t.host = ${host} and ${leaves("skip")} and not t.is_begun
       and t.kind = 'apply'`.execute(tx);
  await sql`update rollout set look_at = now() where id = ${rollout}`.execute(tx);
  return numAffectedRows === 1n;
}

/**
 * Done → ready for an ordered revert, for what the statement's time still allows: of the wave, or of
 * these hosts of it. What was measured there before was about hosts with the patch.
 */
export async function orderReverts(
  tx: Tx,
  rollout: RolloutId,
  { wave, hosts }: { readonly wave: number; readonly hosts?: readonly string[] | undefined },
): Promise<readonly HostId[]> {
  const { rows } = await sql<{ host: HostId }>`
    update target t
       set state = 'ready', kind = 'revert', is_begun = false, verdict = null, hold = null,
           retry_at = null, tries = 0, trouble_since = null
      from rollout r
     where r.id = t.rollout and t.rollout = ${rollout} and t.wave = ${wave}
       and (${hosts === undefined}::boolean or t.host = any(${[...(hosts ?? [])]}::text[]))
       and ${leaves("revert")} and t.kind = 'apply'
       and not r.is_frozen and r.revert_seconds is not null
       and t.ended_at + make_interval(secs => r.revert_seconds) > now()
    returning t.host`.execute(tx);
  if (rows.length > 0) await forgetReadings(tx, { rollout, wave });
  return rows.map((row) => row.host);
}

/** Leased and begun targets that nobody talks to now: their host is asked again. */
export async function takeOverConversations(
  db: Db,
  owner: string,
  countMax: number,
): Promise<readonly (TargetKey & { readonly tries: number })[]> {
  const { rows } = await sql<TargetKey & { tries: number }>`
    with picked as (
      select t.rollout, t.host from target t
       where t.is_busy and (t.talk_until is null or t.talk_until < now())
         and (t.retry_at is null or t.retry_at <= now())
       order by t.retry_at nulls first
       limit ${countMax} for update skip locked)
    update target t
       set lease_owner = ${owner}, talk_until = now() + make_interval(secs => ${TALK_SECONDS})
      from picked p where t.rollout = p.rollout and t.host = p.host and ${unseen}
    returning t.rollout, t.host, t.attempt, t.epoch, t.tries`.execute(db);
  return rows;
}

/** The conversation ended without a result: another try after a pause, by whichever server. */
export async function endConversation(
  db: Db,
  key: TargetKey,
  end: { readonly owner: string; readonly retryAfterSeconds: number; readonly wasHeard: boolean },
): Promise<void> {
  await sql`
    update target t
       set talk_until = null,
           tries = case when ${end.wasHeard}::boolean then 0 else t.tries + 1 end,
           retry_at = now() + make_interval(secs => ${end.retryAfterSeconds})
     where t.rollout = ${key.rollout} and t.host = ${key.host} and t.attempt = ${key.attempt}
       and t.lease_owner = ${end.owner}
       and t.is_busy`.execute(db);
}

export interface TargetNow {
  readonly state: string;
  readonly epoch: number;
  readonly tries: number;
  /** Since when it could not be brought its job; null when the last try went well. */
  readonly troubleSince: Instant | null;
}

/** Where a leased or begun target stands now; null when it is no longer at this attempt. */
export async function targetState(
  reader: Reader,
  key: Omit<TargetKey, "epoch">,
): Promise<TargetNow | null> {
  const { rows } = await sql<TargetNow>`
    select state, epoch, tries, trouble_since as "troubleSince" from target
     where rollout = ${key.rollout} and host = ${key.host} and attempt = ${key.attempt}
  `.execute(reader);
  return rows[0] ?? null;
}

/** One person's word that the host's answer will never come; how many different people said so. */
export async function declareLost(
  tx: Tx,
  lost: { readonly rollout: RolloutId; readonly host: HostId; readonly person: SubjectId },
): Promise<number | null> {
  const open = await sql<{ attempt: number }>`
    select t.attempt from target t
     where t.rollout = ${lost.rollout} and t.host = ${lost.host} and ${leaves("lose")}
       and t.is_begun for update`.execute(tx);
  const attempt = open.rows[0]?.attempt;
  if (attempt === undefined) return null;
  await sql`
    insert into lost_declaration (rollout, host, attempt, person)
    values (${lost.rollout}, ${lost.host}, ${attempt}, ${lost.person})
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ people: number }>`
    select count(*) as people from lost_declaration
     where rollout = ${lost.rollout} and host = ${lost.host} and attempt = ${attempt}`.execute(tx);
  return rows[0]?.people ?? 0;
}

/** Buries the host: its slot is free, and nothing is sent to it until it is enrolled again. */
export async function loseTarget(tx: Tx, rollout: RolloutId, host: HostId): Promise<void> {
  await sql`
    update target t set state = 'lost', ended_at = now(), talk_until = null
     where t.rollout = ${rollout} and t.host = ${host} and ${leaves("lose")}`.execute(tx);
  await sql`update host_slot set is_quarantined = true where host = ${host}`.execute(tx);
  await freeSlots(tx, [{ rollout, host }]);
  await sql`update rollout set look_at = now() where id = ${rollout}`.execute(tx);
}
