import { type RawBuilder, sql } from "kysely";
import type { HostId, RolloutId } from "../base/ids.ts";
import type { Labels } from "../base/labels.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { BudgetCandidate, BudgetRoom } from "./budget.ts";
import type { JobKind } from "./model.ts";

/**
 * Budgets over all rollouts. A claim under budgets takes their lock exclusive, so that no other claim
 * is between its question and its commit; claims while nobody has a budget share it, and wait for
 * nobody. Every active rollout's budgets bind all others: a promise that one plan gave would else be
 * broken by the next one.
 */
const BUDGET_LOCK = "fettle budgets";

/**
 * Locks for a claim: true, under budgets; false, nobody has any; null, somebody has one since a moment
 * ago, and the claim must be tried again. Lock and read are two statements: a statement's snapshot is
 * older than its lock.
 */
export async function lockBudgets(tx: Tx): Promise<boolean | null> {
  const key = sql`hashtextextended(${BUDGET_LOCK}, 0)`;
  if (await hasBudgets(tx)) {
    await sql`select pg_advisory_xact_lock(${key})`.execute(tx);
    return true;
  }
  await sql`select pg_advisory_xact_lock_shared(${key})`.execute(tx);
  return (await hasBudgets(tx)) ? null : false;
}

async function hasBudgets(reader: Reader): Promise<boolean> {
  const { rows } = await sql`
    select from rollout r
     where r.state in ('running', 'halted')
       and exists (select from plan_budget b where b.plan = r.plan) limit 1`.execute(reader);
  return rows.length > 0;
}

/** Slots that somebody holds, over all rollouts; what the second fence of the slots indexes. */
const heldSlots = sql`
  select b.host from target b where b.is_busy`;

/** Failed on this very patch and nobody has looked, or out of reach. */
const downHosts = sql`
  select f.host from target f join rollout fr on fr.id = f.rollout
   where f.is_down and fr.state in ('running', 'halted')
   union
  select d.id from host d where d.contact_state = 'unreachable' and d.removed_at is null`;

/**
 * Every budget in force with what is used of it. What is broken counts against new work; an ordered
 * revert is the way out of trouble and counts only what is being worked on.
 */
export async function loadRooms(reader: Reader, kind: JobKind): Promise<readonly BudgetRoom[]> {
  // Asked at every turn, and most fleets have none: what is away need not be counted for nobody.
  if (!(await hasBudgets(reader))) return [];
  const away = kind === "apply" ? sql`${heldSlots} union ${downHosts}` : heldSlots;
  const { rows } = await sql<BudgetRoom>`
    with limits as (
      select b.key, b.value, min(b.unavailable_max) as most
        from plan_budget b join rollout r on r.plan = b.plan
       where r.state in ('running', 'halted') group by b.key, b.value
    ), used as (
      select k.key, h.labels ->> k.key as value, count(*) as used
        from (${away}) as a(host) join host h on h.id = a.host
       cross join (select distinct key from limits) k
       group by 1, 2
    )
    select l.key, l.value, l.most, coalesce(u.used, 0)::integer as used
      from limits l left join used u on u.key = l.key and u.value = l.value
     order by l.key, l.value`.execute(reader);
  return rows;
}

/** Ready hosts with room in each of their budgets, in claim order; a few times what can be taken. */
export async function loadBudgetCandidates(
  tx: Tx,
  of: {
    readonly rollout: RolloutId;
    readonly rooms: readonly BudgetRoom[];
    readonly countMax: number;
    /** Over `target t`, `host_slot s`, `host h` and `rollout r`. */
    readonly isClaimable: RawBuilder<boolean>;
  },
): Promise<readonly BudgetCandidate[]> {
  const keys = [...new Set(of.rooms.map((room) => room.key))];
  const isDown = sql<boolean>`h.id in (${downHosts})`;
  const { rows } = await sql<{ host: HostId; labels: Labels; isDown: boolean }>`
    select t.host, h.labels, ${isDown} as "isDown"
      from target t join host_slot s on s.host = t.host join host h on h.id = t.host
      join rollout r on r.id = t.rollout
     where t.rollout = ${of.rollout} and ${of.isClaimable}
       and (${hasRoom(keys, of.rooms)} or ${isDown})
     order by t.leaf_index limit ${of.countMax * CANDIDATES_PER_PLACE}`.execute(tx);
  return rows;
}

/** Hosts of one service stand together where its budget is small: enough others must be seen too. */
const CANDIDATES_PER_PLACE = 4;

function hasRoom(keys: readonly string[], rooms: readonly BudgetRoom[]): RawBuilder<boolean> {
  const parts = keys.map((key) => {
    const full = rooms.filter((room) => room.key === key && room.used >= room.most);
    const values = full.map((room) => room.value);
    return sql`coalesce(h.labels ->> ${key}, '') <> all(${values}::text[])`;
  });
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

/** What budgets hold of the hosts that a wave would start next. */
export interface BudgetHeld {
  readonly wave: number;
  readonly held: number;
  readonly of: number;
  /** The first of those that are held. */
  readonly labels: Labels;
}

/** So many in claim order are looked at: enough to say why, and the same work for any fleet. */
const LOOKED_AT = 1_000;

export async function loadBudgetHeld(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly rooms: readonly BudgetRoom[] },
): Promise<readonly BudgetHeld[]> {
  const keys = [...new Set(of.rooms.map((room) => room.key))];
  const { rows } = await sql<BudgetHeld>`
    with judged as (
      select n.wave, n.leaf_index, h.labels,
             not ${hasRoom(keys, of.rooms)} and h.id not in (${downHosts}) as is_held
        from wave w cross join lateral (
          select t.wave, t.leaf_index, t.host from target t
           where t.rollout = w.rollout and t.wave = w.number and t.kind = 'apply'
             and t.is_ready order by t.leaf_index limit ${LOOKED_AT}) n
        join host h on h.id = n.host
       where w.rollout = ${of.rollout} and w.state in ('open', 'passed')
    )
    select distinct on (wave) wave, labels,
           (count(*) filter (where is_held) over same)::integer as held,
           (count(*) over same)::integer as of
      from judged window same as (partition by wave)
     order by wave, is_held desc, leaf_index`.execute(reader);
  return rows.filter(({ held }) => held > 0);
}

export interface WaveStarts {
  readonly wave: number;
  readonly started: number;
}

/** Of each wave under way that has a rate: how many of its hosts were started within its time. */
export async function loadStarted(
  reader: Reader,
  rollout: RolloutId,
): Promise<readonly WaveStarts[]> {
  const { rows } = await sql<WaveStarts>`
    select w.number as wave, (select count(*)::integer from target t
             where t.rollout = w.rollout and t.wave = w.number and t.claimed_at > now()
               - make_interval(secs => (w.gate -> 'rate' ->> 'seconds')::float8)) as started
      from wave w
     where w.rollout = ${rollout} and w.state in ('open', 'passed')
       and w.gate -> 'rate' ->> 'hosts' is not null`.execute(reader);
  return rows;
}
