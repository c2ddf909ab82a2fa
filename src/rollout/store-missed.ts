import { type RawBuilder, sql } from "kysely";
import type { HostId, RolloutId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";

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
