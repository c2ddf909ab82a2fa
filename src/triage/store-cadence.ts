import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import { runsSql } from "../intel/store-service-hosts.ts";
import type { Service } from "../inventory/service.ts";

/** When patches last took hosts down: a target that got its permit may have restarted something. */
const outageAt = sql`max(coalesce(t.ended_at, t.permitted_at)) filter (where t.is_begun)`;

/** The last outage by a patch among hosts that have one of these packages; null for none. */
export async function loadLastOutage(
  reader: Reader,
  packageIds: readonly number[],
): Promise<{ readonly of: string; readonly at: Instant } | null> {
  const { rows } = await sql<{ of: string; at: Instant }>`
    with carrying as materialized (
      select distinct set_id from package_set_member
       where package_id = any(${[...packageIds]}::integer[])
    )
    select n.name as of, coalesce(t.ended_at, t.permitted_at) as at
      from target t join host_now n on n.id = t.host
      join carrying c on c.set_id = n.package_set_id
     where t.is_begun and coalesce(t.ended_at, t.permitted_at) is not null
     order by 2 desc, 1 limit 1`.execute(reader);
  return rows[0] ?? null;
}

export interface RiddenService {
  readonly name: string;
  /** Whether one of its hosts has one of the packages. */
  readonly isRider: boolean;
  /** When a patch last took one of its hosts down; null for never. */
  readonly lastAt: Instant | null;
}

/** More services than one statement asks about ride no train of their own. */
export const RIDDEN_SERVICES_MAX = 200;

export async function loadRiddenServices(
  reader: Reader,
  services: readonly Pick<Service, "num" | "name" | "hosts">[],
  packageIds: readonly number[],
): Promise<readonly RiddenService[]> {
  if (services.length === 0) return [];
  const queries = services.map(
    (service) => sql`
      select ${service.name}::text as name, coalesce(bool_or(c.set_id is not null), false) as "isRider",
             ${outageAt} as "lastAt"
        from host h
        left join host_set s on s.host_num = h.num
         and s.observed_to is null and s.recorded_to is null
        left join carrying c on c.set_id = s.set_id
        left join target t on t.host = h.id
       where h.removed_at is null and ${runsSql(service)}`,
  );
  const { rows } = await sql<RiddenService>`
    with carrying as materialized (
      select distinct set_id from package_set_member
       where package_id = any(${[...packageIds]}::integer[])
    )
    ${sql.join(queries, sql` union all `)}`.execute(reader);
  return rows;
}
