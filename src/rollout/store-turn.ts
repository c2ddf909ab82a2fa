import { sql } from "kysely";
import type { HostId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Db, type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { OWNER_SECONDS } from "./engine.ts";
import type { Hold } from "./hold.ts";
import { rolloutMoves, statesWith, waveMoves } from "./model.ts";
import { approvalsAllow, witnessesAllow } from "./store-approvals.ts";
import { controlsAllow, type Ownership, rolloutAllows } from "./store-claims.ts";
import { foldCounts } from "./store-counts.ts";
import { itsmAllows } from "./store-itsm.ts";
import { signOffsAllow } from "./store-sign-offs.ts";
import { leaves } from "./store-targets.ts";
import { lastTrouble, millis } from "./store-time.ts";
import { signaturesOfWave } from "./store-wave-signatures.ts";

/** Who decides, and the writes of one turn; each under the epoch of the owner that decided it. */

export interface Owned {
  readonly rollout: RolloutId;
  readonly epoch: number;
}

/** Which of the rollouts that need a look. */
export interface Taking {
  readonly countMax: number;
  /** Who waited longest comes first, or those that somebody asked to look at. */
  readonly first: "longest" | "asked";
  /** These are left alone. */
  readonly but: readonly RolloutId[];
}

const allInTurn: Taking = { countMax: 100, first: "longest", but: [] };

/**
 * Takes or keeps the ownership of rollouts that need a look now; others' are left alone. Who waited
 * longest comes first, so that two rollouts over the same hosts take turns; also among those that somebody
 * asked to look at, as the newest first would let one wait for as long as others ask.
 */
export async function takeRollouts(
  db: Db,
  owner: string,
  { countMax, first, but }: Taking = allInTurn,
): Promise<readonly Owned[]> {
  const isTimed = sql`look_at is not distinct from timed_look_at`;
  const order = first === "longest" ? sql`look_at, id` : sql`${isTimed}, look_at, id`;
  const { rows } = await sql<Owned>`
    with picked as (
      select id from rollout
       where state in ('running', 'halted') and look_at <= now()
         and (owner is null or owner = ${owner} or owner_until < now())
         and id <> all(${[...but]}::text[])
       order by ${order} limit ${countMax} for update skip locked
    ), taken as (
    update rollout r
       set owner = ${owner}, owner_until = now() + make_interval(secs => ${OWNER_SECONDS}),
           owner_epoch = case when r.owner = ${owner} and r.owner_until > now()
                              then r.owner_epoch else r.owner_epoch + 1 end
      from picked p where r.id = p.id
    returning r.id, r.owner_epoch, r.look_at, r.timed_look_at)
    select id as rollout, owner_epoch as epoch from taken order by ${order}`.execute(db);
  return rows;
}

/** Locks the row for this turn; false when somebody else owns it, or it changed since it was read. */
export async function fence(
  tx: Tx,
  own: Ownership & { readonly generation: number },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from rollout
     where id = ${own.rollout} and owner = ${own.owner} and owner_epoch = ${own.epoch}
       and owner_until > now() and generation = ${own.generation}
       for no key update`.execute(tx);
  return rows.length === 1;
}

export async function openWave(tx: Tx, rollout: RolloutId, wave: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update wave w set state = 'open', opened_at = now()
      from rollout r
     where r.id = w.rollout and w.rollout = ${rollout} and w.number = ${wave}
       and w.state = any(${[...statesWith(waveMoves, "open")]}::text[])
       and now() between w.not_before and w.not_after
       and ${rolloutAllows("apply")} and ${controlsAllow("apply")} and ${approvalsAllow}
       and ${signaturesOfWave} >= coalesce((w.gate ->> 'signatures')::int, 0)
       and ${signOffsAllow} and ${itsmAllows} and ${witnessesAllow}
       and not exists (select 1 from wave e where e.rollout = w.rollout and e.number < w.number
                          and e.passed_at is null)`.execute(tx);
  return numAffectedRows === 1n;
}

export async function passWave(tx: Tx, rollout: RolloutId, wave: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update wave set state = 'passed', passed_at = now()
     where rollout = ${rollout} and number = ${wave}
       and state = any(${[...statesWith(waveMoves, "pass")]}::text[])`.execute(tx);
  return numAffectedRows === 1n;
}

export async function endWave(tx: Tx, rollout: RolloutId, wave: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update wave set state = 'ended', ended_at = now()
     where rollout = ${rollout} and number = ${wave}
       and state = any(${[...statesWith(waveMoves, "end")]}::text[])`.execute(tx);
  return numAffectedRows === 1n;
}

/** Ready → held: its time is over, and the last trouble of each host stays its reason. */
export async function giveUp(
  tx: Tx,
  rollout: RolloutId,
  wave: number,
  hold: Hold,
): Promise<readonly HostId[]> {
  const { rows } = await sql<{ host: HostId }>`
    update target t
       set state = 'held', hold = coalesce(${lastTrouble}, ${sqlJson(hold)}), ended_at = now(),
           retry_at = null
     where t.rollout = ${rollout} and t.wave = ${wave} and t.is_ready and ${leaves("give-up")}
    returning t.host`.execute(tx);
  return rows.map((row) => row.host);
}

export async function finishRollout(tx: Tx, rollout: RolloutId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update rollout set state = 'finished', ended_at = now(), generation = generation + 1
     where id = ${rollout}
       and state = any(${[...statesWith(rolloutMoves, "finish")]}::text[])`.execute(tx);
  return numAffectedRows === 1n;
}

interface HoldsOfWave {
  readonly wave: number;
  readonly holds: readonly Hold[];
}

/**
 * What the engine says about each wave now, and when it looks again: at the given time, unless
 * somebody asked for another look since the aggregates were read.
 */
export async function recordTurn(
  tx: Tx,
  turn: {
    readonly rollout: RolloutId;
    /** Of waves of which something else is said now. */
    readonly holds: readonly HoldsOfWave[];
    readonly lookAt: Instant;
    /** Only because time passes; else what this turn did asks for the next one. */
    readonly isTimed: boolean;
    readonly seenLookAt: string;
  },
): Promise<void> {
  if (turn.holds.length > 0) await tellHolds(tx, turn);
  await foldCounts(tx, turn.rollout);
  const lookAt = sqlInstant(turn.lookAt);
  await sql`update rollout set look_at = ${lookAt},
                   timed_look_at = ${turn.isTimed ? lookAt : sql`null`}
             where id = ${turn.rollout} and look_at = ${turn.seenLookAt}::timestamptz`.execute(tx);
}

async function tellHolds(
  tx: Tx,
  turn: { readonly rollout: RolloutId; readonly holds: readonly HoldsOfWave[] },
): Promise<void> {
  await sql`
    update wave w set holds = n.holds
      from unnest(${turn.holds.map(({ wave }) => wave)}::int[],
                  ${turn.holds.map(({ holds }) => JSON.stringify(holds))}::jsonb[])
        as n(number, holds)
     where w.rollout = ${turn.rollout} and w.number = n.number and w.holds <> n.holds`.execute(tx);
}

export async function databaseNow(reader: Reader): Promise<Instant> {
  const { rows } = await sql<{ now: Instant }>`select ${millis(sql`now()`)} as now`.execute(reader);
  return rows[0]?.now ?? 0;
}
