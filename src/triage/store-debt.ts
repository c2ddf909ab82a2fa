import { sql } from "kysely";
import { DAY_MS, type Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import type { Days } from "../intel/days.ts";
import { dayOfSql } from "../intel/store-story.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import type { DebtGroup } from "./debt.ts";
import type { Exception } from "./exception.ts";
import { exposureSql, presetsSql } from "./store-deadline.ts";
import { reaches } from "./store-exception-hosts.ts";

/** What debt is made from: which hosts had which packages when. */

export interface DebtRow extends DebtGroup {
  /** When the first of them was seen with the set. */
  readonly seenFrom: Instant;
}

export async function loadDebtGroups(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly policy: DeadlinePolicy;
    readonly label: string;
    readonly exceptions: readonly Exception[];
    readonly days: Days;
  },
): Promise<readonly DebtRow[]> {
  const { days, policy } = of;
  const ended = sql`least(s.observed_to, live.removed_at)`;
  const each = of.exceptions.map(
    (one) => sql`case when ${reaches(one.scope.hosts, "live")} then ${one.number}::integer end`,
  );
  const { rows } = await sql<DebtRow>`
    select s.set_id as "setId", live.kernel_running as "kernelRunning",
           live.filter_marks as marks,
           ${exposureSql(policy)} as exposure, ${presetsSql(policy)} as presets,
           array_remove(array[${sql.join(each)}]::integer[], null) as exceptions,
           live.labels ->> ${of.label}::text as label,
           greatest(0, ${dayOfSql(days, sql`s.observed_from`)}) as "from",
           greatest(0, ${dayOfSql(days, ended)}) as "to",
           count(*)::int as hosts, min(s.observed_from) as "seenFrom"
      from host_set s join host live on live.num = s.host_num
     where s.recorded_to is null and ${scopeSql(of.scopes, "live.labels")}
       and (${ended} is null or ${ended} > ${sqlInstant(days.first - DAY_MS)})
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9`.execute(reader);
  return rows;
}

/**
 * The same of services: what each artifact held, and what names the services. Debt is told apart by
 * team and service even where no label says them, because a service has both.
 */
export async function loadServiceGroups(
  reader: Reader,
  of: Parameters<typeof loadDebtGroups>[1],
): Promise<readonly DebtRow[]> {
  const { days, policy } = of;
  const ended = sql`least(s.observed_to, live.removed_at)`;
  const each = of.exceptions.map(({ number, scope }) =>
    scope.hosts.kind === "services"
      ? sql`case when live.id = any(${[...scope.hosts.ids]}::text[]) then ${number}::integer end`
      : sql`null::integer`,
  );
  const own = { team: sql`nullif(live.team, '')`, service: sql`live.name` };
  const name = of.label === "team" || of.label === "service" ? own[of.label] : sql`null::text`;
  const { rows } = await sql<DebtRow>`
    select s.set_id as "setId", null::text as "kernelRunning",
           '' as marks,
           ${exposureSql(policy)} as exposure, ${presetsSql(policy)} as presets,
           array_remove(array[${sql.join(each)}]::integer[], null) as exceptions,
           coalesce(live.labels ->> ${of.label}::text, ${name}) as label, live.name as service,
           greatest(0, ${dayOfSql(days, sql`s.observed_from`)}) as "from",
           greatest(0, ${dayOfSql(days, ended)}) as "to",
           1 as hosts, min(s.observed_from) as "seenFrom"
      from service_set s join service live on live.num = s.service_num
     where s.recorded_to is null and ${scopeSql(of.scopes, "live.labels")}
       and (${ended} is null or ${ended} > ${sqlInstant(days.first - DAY_MS)})
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`.execute(reader);
  return rows;
}

/** When anything was first known of any host; days before it are not known. */
export async function loadKnownSince(reader: Reader): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant | null }>`
    select greatest(least((select min(observed_from) from host_set),
                          (select min(observed_from) from service_set)),
                    (select min(valid_from) from finding_pair)) as at`.execute(reader);
  return rows[0]?.at ?? null;
}

/** Hosts of which nothing is known; they count as neither good nor bad. */
export async function countUnknownHosts(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<number> {
  const { rows } = await sql<{ hosts: number }>`
    select count(*)::int as hosts from host h
     where h.removed_at is null and ${scopeSql(scopes, "h.labels")}
       and not exists (select from host_set s where s.host_num = h.num
                        and s.observed_to is null and s.recorded_to is null)`.execute(reader);
  return rows[0]?.hosts ?? 0;
}
