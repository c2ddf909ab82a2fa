import { sql } from "kysely";
import type { HostId, PatchId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader, Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { HostRule } from "../plan/model.ts";
import type { JoinHeld } from "./hold.ts";
import type { NewTarget } from "./store.ts";
import { ensureControls, type HaltScope, lockOrder } from "./store-halts.ts";

/** Hosts that join a rollout by rule, and those that its rule selects and that wait outside. */

export interface RuleRollout {
  readonly id: RolloutId;
  readonly plan: PlanDigest;
  readonly patch: PatchId;
  readonly rule: HostRule;
}

export async function loadRuleRollouts(reader: Reader): Promise<readonly RuleRollout[]> {
  const { rows } = await sql<RuleRollout>`
    select id, plan, patch, rule from rollout
     where rule is not null and state = 'running' order by id`.execute(reader);
  return rows;
}

/** Over `host h`: no rollout of the patch has it already, but for those that have ended. */
export function isNewTo({ id, patch }: RuleRollout) {
  return sql<boolean>`not exists (
    select from target t join rollout r on r.id = t.rollout
     where t.host = h.id and (r.id = ${id}
       or (r.patch = ${patch} and r.state in ('running', 'halted'))))`;
}

export async function loadOpenWaves(
  reader: Reader,
  rollout: RolloutId,
): Promise<readonly { readonly number: number; readonly ring: string }[]> {
  const { rows } = await sql<{ number: number; ring: string }>`
    select number, ring from wave
     where rollout = ${rollout} and state <> 'ended' and not_after > now()
     order by number`.execute(reader);
  return rows;
}

export async function countAll(reader: Reader, rollout: RolloutId): Promise<number> {
  const { rows } = await sql<{ hosts: number }>`
    select count(*) as hosts from target where rollout = ${rollout}`.execute(reader);
  return rows[0]?.hosts ?? 0;
}

/** Locks the row; null when nobody may join any more, else how many hosts it has. */
export async function lockForJoin(tx: Tx, rollout: RolloutId): Promise<number | null> {
  const { rows } = await sql`
    select 1 from rollout where id = ${rollout} and state = 'running' for update`.execute(tx);
  return rows.length === 0 ? null : countAll(tx, rollout);
}

/**
 * Writes the targets behind those that are there. A service that is new to the rollout is one more
 * scope that halts it, so whoever claims with the older list has to take the rollout over first; and a
 * turn that was decided without these hosts is decided again.
 */
export async function insertJoined(
  tx: Tx,
  rollout: RolloutId,
  joined: readonly Omit<NewTarget, "leafIndex">[],
): Promise<readonly HostId[]> {
  const { rows } = await sql<{ host: HostId; service: string | null }>`
    insert into target (rollout, host, wave, leaf_index, leaf, body, service, window_set)
    select ${rollout}, j.host, j.wave, f.first + j.place, j.leaf, j.body, j.service, l.window_set
      from unnest(${joined.map((t) => t.host)}::text[], ${joined.map((t) => t.wave)}::int[],
        ${joined.map((t) => t.leaf ?? null)}::int[], ${joined.map((t) => t.body)}::text[],
        ${joined.map((t) => t.service)}::text[])
        with ordinality as j(host, wave, leaf, body, service, place)
      cross join (select max(leaf_index) as first from target where rollout = ${rollout}) f
      left join lateral (
        select p.window_set from plan_leaf p join rollout r on r.plan = p.plan
         where r.id = ${rollout} and coalesce(p.leaf, p.index) = j.leaf limit 1) l on true
    on conflict do nothing
    returning host, service`.execute(tx);
  const hosts = rows.map((row) => row.host);
  if (hosts.length === 0) return hosts;
  await sql`
    insert into host_slot (host) select unnest(${[...hosts].sort()}::text[])
    on conflict (host) do nothing`.execute(tx);
  await sql`
    update wave w set host_count = (
      select count(*) from target t where t.rollout = w.rollout and t.wave = w.number)
     where w.rollout = ${rollout}`.execute(tx);
  const services = rows.flatMap(({ service }) => (service === null ? [] : [service]));
  await widenScopes(tx, rollout, services);
  await sql`
    update rollout set generation = generation + 1, look_at = now()
     where id = ${rollout}`.execute(tx);
  return hosts;
}

async function widenScopes(tx: Tx, rollout: RolloutId, services: readonly string[]): Promise<void> {
  const { rows } = await sql<{ scopes: readonly HaltScope[] }>`
    select scopes from rollout where id = ${rollout}`.execute(tx);
  const before = rows[0]?.scopes ?? [];
  const scopes = lockOrder([...before, ...services.map((name) => `service:${name}` as const)]);
  if (scopes.length === before.length) return;
  await ensureControls(tx, scopes);
  await sql`
    update rollout
       set scopes = ${[...scopes]}::text[], owner = null, owner_epoch = owner_epoch + 1
     where id = ${rollout}`.execute(tx);
}

export interface WaitingOutside {
  readonly host: HostId;
  readonly hold: JoinHeld;
}

/** Keeps since when each waits; who has another reason waits anew. Returns those that are new. */
export async function keepWaiting(
  tx: Tx,
  rollout: RolloutId,
  waiting: readonly WaitingOutside[],
): Promise<readonly HostId[]> {
  const hosts = waiting.map((one) => one.host);
  await sql`
    delete from rollout_waiting
     where rollout = ${rollout} and not host = any(${hosts}::text[])`.execute(tx);
  const { rows } = await sql<{ host: HostId }>`
    insert into rollout_waiting as w (rollout, host, hold)
    select ${rollout}, host, hold::jsonb
      from unnest(${hosts}::text[], ${waiting.map((one) => JSON.stringify(one.hold))}::text[])
        as n(host, hold)
    on conflict (rollout, host) do update set hold = excluded.hold, since = now()
     where w.hold <> excluded.hold
    returning host`.execute(tx);
  return rows.map((row) => row.host);
}

export interface ShownWaiting {
  readonly host: HostId;
  readonly name: string;
  readonly hold: JoinHeld;
  readonly since: number;
}

export async function loadWaiting(
  reader: Reader,
  of: {
    readonly rollout: RolloutId;
    readonly scopes: readonly Selector[];
    readonly limit: number;
  },
): Promise<{ readonly rows: readonly ShownWaiting[]; readonly total: number }> {
  const { rows } = await sql<ShownWaiting & { total: number }>`
    select w.host, h.name, w.hold, w.since, count(*) over () as total
      from rollout_waiting w join host h on h.id = w.host
     where w.rollout = ${of.rollout} and ${scopeSql(of.scopes, "h.labels")}
     order by h.name limit ${of.limit}`.execute(reader);
  const total = rows[0]?.total ?? 0;
  return { rows: rows.map(({ total: _, ...row }) => row), total };
}

/** Why the rule of a rollout of this patch that selects the host does not take it; null: none does. */
export async function findWaiting(
  reader: Reader,
  of: { readonly host: HostId; readonly patch: PatchId },
): Promise<{ readonly number: number; readonly hold: JoinHeld } | null> {
  const { rows } = await sql<{ number: number; hold: JoinHeld }>`
    select r.number, w.hold from rollout_waiting w join rollout r on r.id = w.rollout
     where w.host = ${of.host} and r.patch = ${of.patch} and r.state in ('running', 'halted')
     order by r.number desc limit 1`.execute(reader);
  return rows[0] ?? null;
}
