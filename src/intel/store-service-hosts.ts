import { sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql, selectorSql } from "../inventory/scope.ts";
import type { Service } from "../inventory/service.ts";
import { hostsAt, pointersAt } from "../inventory/store-as-of.ts";
import { type CountedHosts, type KnownHosts, knownHostsOf } from "./exposure.ts";

/** The hosts that run services, as far as the reader may see them. */
type Runs = Pick<Service, "num" | "hosts">;

/** What chooses the hosts `h` of a service: its expression, and those that it names. */
export function runsSql({ num, hosts }: Runs) {
  const named = sql`h.num in (select host_num from service_host where service_num = ${num})`;
  if (hosts.selector === null) return named;
  return sql`(${selectorSql(hosts.selector, "h.labels")} or ${named})`;
}

/** Services asked about in one statement: each is one part of it. */
const SERVICES_AT_ONCE = 100;

/** Groups of equal hosts of each service, by its number. */
export async function loadHostsOfServices(
  reader: Reader,
  services: readonly Runs[],
  { scopes, asOf }: { readonly scopes: readonly Selector[]; readonly asOf?: Instant | undefined },
): Promise<ReadonlyMap<number, KnownHosts>> {
  const found = new Map<number, KnownHosts>();
  for (let at = 0; at < services.length; at += SERVICES_AT_ONCE) {
    const part = services.slice(at, at + SERVICES_AT_ONCE);
    const queries = part.map(
      (service) => sql`
        select ${service.num}::integer as num, s.set_id as "setId",
               h.kernel_running as "kernelRunning", h.filter_marks as marks,
               count(*)::int as "hostCount"
          from ${hostsAt(asOf)} h
          left join ${pointersAt("host_set", asOf)} s on s.host_num = h.num
           and s.observed_to is null and s.recorded_to is null
         where h.removed_at is null and ${scopeSql(scopes, "h.labels")} and ${runsSql(service)}
         group by 2, 3, 4`,
    );
    const { rows } = await sql<CountedHosts & { num: number }>`
      select * from (${sql.join(queries, sql` union all `)}) as all_hosts
       order by num, "setId", "kernelRunning", marks`.execute(reader);
    const byService = Map.groupBy(rows, (row) => row.num);
    for (const { num } of part) found.set(num, knownHostsOf(byService.get(num) ?? []));
  }
  return found;
}

export async function loadHostRefsOfService(
  reader: Reader,
  service: Runs,
  of: { readonly scopes: readonly Selector[]; readonly limit: number },
): Promise<readonly { readonly id: HostId; readonly name: string }[]> {
  const { rows } = await sql<{ id: HostId; name: string }>`
    select h.id, h.name from host h
     where h.removed_at is null and ${scopeSql(of.scopes, "h.labels")} and ${runsSql(service)}
     order by h.name limit ${of.limit}`.execute(reader);
  return rows;
}
