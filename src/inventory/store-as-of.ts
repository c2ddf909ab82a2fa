import { type RawBuilder, sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { sqlInstant, type Tx } from "../db/database.ts";
import type { HistoryTable } from "./store-history.ts";

/**
 * Hosts and what they pointed to, as this server knew them at a moment; the same columns in the past
 * as now, so that one query answers for both. Labels have no history: who may see what, and what is
 * exposed to the outside, is told by the labels of now.
 */
export function hostsAt(asOf: Instant | undefined): RawBuilder<unknown> {
  if (asOf === undefined) return sql`host`;
  const at = sqlInstant(asOf);
  return sql`(
    select p.id, p.num, p.name, p.labels, p.filter_marks, null::timestamptz as removed_at,
           (select k.kernel_running from host_kernel k
             where k.host_num = p.num and k.recorded_from <= ${at}
               and (k.recorded_to is null or k.recorded_to > ${at})) as kernel_running
      from host p
     where p.created_at <= ${at} and (p.removed_at is null or p.removed_at > ${at}))`;
}

/** Of the past only the rows that were current then, as if they were now. */
export function pointersAt(table: HistoryTable, asOf: Instant | undefined): RawBuilder<unknown> {
  if (asOf === undefined) return sql.table(table);
  const at = sqlInstant(asOf);
  return sql`(
    select p.host_num, p.set_id, p.observed_from, null::timestamptz as observed_to,
           null::timestamptz as recorded_to
      from ${sql.table(table)} p
     where p.observed_to is null and p.recorded_from <= ${at}
       and (p.recorded_to is null or p.recorded_to > ${at}))`;
}

/** Keeps which kernel ran, when that changed. */
export async function keepKernel(
  tx: Tx,
  now: { readonly hostNum: number; readonly recordedAt: Instant },
): Promise<void> {
  await sql`
    with now as (
      select num, kernel_running, greatest(${sqlInstant(now.recordedAt)},
             (select max(k.recorded_from) + interval '1 millisecond' from host_kernel k
               where k.host_num = host.num)) as at
        from host where num = ${now.hostNum}
    ), ended as (
      update host_kernel k set recorded_to = now.at from now
       where k.host_num = now.num and k.recorded_to is null
         and k.kernel_running is distinct from now.kernel_running
    )
    select 1`.execute(tx);
  await sql`
    insert into host_kernel (host_num, kernel_running, recorded_from)
    select h.num, h.kernel_running,
           coalesce((select max(k.recorded_to) from host_kernel k where k.host_num = h.num),
                    ${sqlInstant(now.recordedAt)})
      from host h
     where h.num = ${now.hostNum} and not exists (
       select from host_kernel k where k.host_num = h.num and k.recorded_to is null)`.execute(tx);
}
