import { sql } from "kysely";
import type { RolloutId, SubjectId } from "../base/ids.ts";
import type { Reader, Tx } from "../db/database.ts";
import { sqlJson } from "../db/database.ts";
import { lockStarts, START_LOCK_SEED } from "../db/start-lock.ts";
import type { HaltReason } from "./hold.ts";
import { rolloutMoves, statesWith } from "./model.ts";
import { askGatesAnew } from "./store-gates.ts";
import { dropResumeAsk } from "./store-resume.ts";
import { millis } from "./store-time.ts";

/**
 * The halt lock (host protocol §11.3). Claims, permits, ordered reverts and wave openings take it
 * shared as their own first statement; a halt takes it exclusive, so it waits for those under way and
 * everything later reads what it wrote. Lock and read in one statement would leak: the statement's
 * snapshot is older than its lock. A row lock instead lets a stream of claims starve the halt.
 */
export type HaltScope = "all" | `ring:${string}` | `service:${string}` | `rollout:${string}`;

/** Those that reach further than one rollout. */
export type WideScope = Exclude<HaltScope, `rollout:${string}`>;

/** The fixed order: all, rings, services, rollouts, each by name. */
export function lockOrder(scopes: Iterable<HaltScope>): readonly HaltScope[] {
  const rank = (scope: HaltScope): number =>
    ["all", "ring", "service", "rollout"].indexOf(scope.split(":", 1)[0] ?? "");
  const distinct = [...new Set(scopes)];
  return distinct.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : Number(a > b)));
}

/** Must be the first statement of its transaction. */
export async function lockForStart(tx: Tx, scopes: readonly HaltScope[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock_shared(hashtextextended(scope, ${START_LOCK_SEED}))
      from unnest(${[...lockOrder(scopes)]}::text[]) as scope`.execute(tx);
}

/** Must be the first statement of its transaction. */
export async function lockForHalt(tx: Tx, scope: HaltScope): Promise<void> {
  await lockStarts(tx, scope);
}

/** Halts one rollout; false when it was not running. A second halt may still freeze. */
export async function haltRollout(
  tx: Tx,
  halt: { readonly rollout: RolloutId; readonly reason: HaltReason; readonly isFrozen: boolean },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update rollout
       set state = 'halted', halted_at = coalesce(halted_at, now()),
           halt_reason = coalesce(halt_reason, ${sqlJson(halt.reason)}),
           is_frozen = is_frozen or ${halt.isFrozen}, generation = generation + 1, look_at = now()
     where id = ${halt.rollout}
       and (state = any(${[...statesWith(rolloutMoves, "halt")]}::text[])
            or (state = 'halted' and ${halt.isFrozen} and not is_frozen))`.execute(tx);
  if (numAffectedRows !== 1n) return false;
  // Who asked to go on did not know of this halt.
  await dropResumeAsk(tx, `rollout:${halt.rollout}`);
  return true;
}

/**
 * Goes on; the failures of now are acknowledged, later ones count again, and the hosts that went well
 * until now make them no smaller. Null: was not halted; else how many failures were acknowledged.
 */
export async function resumeRollout(tx: Tx, rollout: RolloutId): Promise<number | null> {
  const { numAffectedRows } = await sql`
    update rollout
       set state = 'running', halted_at = null, halt_reason = null, is_frozen = false,
           generation = generation + 1, look_at = now()
     where id = ${rollout} and state = any(${[...statesWith(rolloutMoves, "resume")]}::text[])
  `.execute(tx);
  if (numAffectedRows !== 1n) return null;
  await dropResumeAsk(tx, `rollout:${rollout}`);
  await askGatesAnew(tx, rollout);
  const { rows } = await sql<{ failures: number }>`
    with seen as (
      update target set is_acknowledged = true
       where rollout = ${rollout} and not is_acknowledged
         and (state in ('failed', 'rolled-back', 'unknown', 'lost')
              or (state = 'held' and is_begun) or verdict is not null)
      returning verdict)
    select count(*) as failures from seen where verdict is null`.execute(tx);
  return rows[0]?.failures ?? 0;
}

/** Sets or lifts the halt of a scope wider than one rollout. */
export async function setHalt(
  tx: Tx,
  halt: {
    readonly scope: WideScope;
    readonly isHalted: boolean;
    readonly isFrozen: boolean;
    readonly reason: HaltReason;
    readonly by: SubjectId;
  },
): Promise<void> {
  await sql`
    insert into halt_control (scope, is_halted, is_frozen, reason, set_by)
    values (${halt.scope}, ${halt.isHalted}, ${halt.isFrozen}, ${sqlJson(halt.reason)}, ${halt.by})
    on conflict (scope) do update
       set is_halted = excluded.is_halted, is_frozen = excluded.is_frozen,
           reason = excluded.reason, set_by = excluded.set_by, since = now()`.execute(tx);
  await dropResumeAsk(tx, halt.scope);
  await sql`update rollout set look_at = now()
             where state in ('running', 'halted') and ${halt.scope} = any(scopes)`.execute(tx);
}

/** Control rows that a rollout's start needs; an existing one keeps its halt. */
export async function ensureControls(tx: Tx, scopes: readonly HaltScope[]): Promise<void> {
  await sql`
    insert into halt_control (scope)
    select scope from unnest(${[...lockOrder(scopes)]}::text[]) as scope
     where scope not like 'rollout:%'
    on conflict (scope) do nothing`.execute(tx);
}

export interface ControlRow {
  readonly scope: string;
  readonly isHalted: boolean;
  readonly isFrozen: boolean;
  readonly since: number;
}

export async function loadHalts(reader: Reader): Promise<readonly ControlRow[]> {
  const { rows } = await sql<ControlRow>`
    select scope, is_halted as "isHalted", is_frozen as "isFrozen",
           ${millis(sql`since`)} as since
      from halt_control where is_halted or is_frozen order by scope`.execute(reader);
  return rows;
}

/** Ends a rollout by a person's word. What is under way on hosts ends by itself. */
export async function stopRollout(tx: Tx, rollout: RolloutId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update rollout set state = 'stopped', ended_at = now(), generation = generation + 1
     where id = ${rollout} and state = any(${[...statesWith(rolloutMoves, "stop")]}::text[])
  `.execute(tx);
  if (numAffectedRows !== 1n) return false;
  await dropResumeAsk(tx, `rollout:${rollout}`);
  return true;
}
