import { type RawBuilder, sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { type CountedHosts, type KnownHosts, knownHostsOf } from "../intel/exposure.ts";
import { scopeSql, selectorSql } from "../inventory/scope.ts";
import type { ServiceId } from "../inventory/service.ts";
import { loadServices } from "../inventory/store-services.ts";
import type { Exception } from "./exception.ts";
import { coversService, type ExceptionScope } from "./exception-scope.ts";

/** Which hosts an exception reaches now; its expression follows the labels of today. */

type Hosts = ExceptionScope["hosts"];

/** A condition on the table `host`, by the name that it has in the statement. */
export function reaches(hosts: Hosts, table: "h" | "live" | "n" = "h"): RawBuilder<boolean> {
  switch (hosts.kind) {
    case "named":
      return sql<boolean>`${sql.ref(`${table}.id`)} = any(${[...hosts.ids]}::text[])`;
    case "labels":
      return selectorSql(hosts.selector, `${table}.labels`);
    case "services":
      return sql<boolean>`false`;
  }
}

const isLive = sql`h.removed_at is null`;

/** Groups of equal hosts that it reaches; with `also` only those that this selects too. */
export async function loadReachedHosts(
  reader: Reader,
  hosts: Hosts,
  also: Selector = [],
): Promise<KnownHosts> {
  const { rows } = await sql<CountedHosts>`
    select s.set_id as "setId", h.kernel_running as "kernelRunning", count(*)::int as "hostCount"
      from host h left join host_set s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
     where ${isLive} and ${reaches(hosts)} and ${selectorSql(also, "h.labels")}
     group by 1, 2 order by 1, 2`.execute(reader);
  return knownHostsOf(rows);
}

/** How many hosts it reaches, how many of those lie within the scopes, and how many lack a label. */
export async function countReached(
  reader: Reader,
  of: {
    readonly hosts: Hosts;
    readonly scopes: readonly Selector[];
    readonly label: Selector;
  },
): Promise<{ readonly all: number; readonly inScope: number; readonly withoutLabel: number }> {
  const { rows } = await sql<{ all: number; inScope: number; withoutLabel: number }>`
    select count(*)::int as all,
           count(*) filter (where ${scopeSql(of.scopes, "h.labels")})::int as "inScope",
           count(*) filter (where not ${selectorSql(of.label, "h.labels")})::int as "withoutLabel"
      from host h where ${isLive} and ${reaches(of.hosts)}`.execute(reader);
  return rows[0] ?? { all: 0, inScope: 0, withoutLabel: 0 };
}

/** Those of the others that reach at least one of the same hosts now. */
export async function reachingSame(
  reader: Reader,
  hosts: Hosts,
  others: readonly Exception[],
): Promise<readonly Exception[]> {
  if (hosts.kind === "services") {
    return others.filter(({ scope }) => hosts.ids.some((id) => coversService(scope, id)));
  }
  const numbers = await numbersWhere(reader, others, (other) => [
    reaches(hosts),
    reaches(other.scope.hosts),
  ]);
  return others.filter((other) => numbers.has(other.number));
}

/** Those that reach at least one host, or service, within the scopes. */
export async function reachingScopes(
  reader: Reader,
  scopes: readonly Selector[],
  others: readonly { readonly number: number; readonly hosts: Hosts }[],
): Promise<readonly number[]> {
  const within = scopeSql(scopes, "h.labels");
  const found = await numbersWhere(reader, others, (other) => [within, reaches(other.hosts)]);
  const seen = new Set((await loadServices(reader, { scopes })).map(({ id }) => id));
  const ofServices = others.flatMap(({ number, hosts }) =>
    hosts.kind === "services" && hosts.ids.some((id) => seen.has(id)) ? [number] : [],
  );
  return [...found, ...ofServices];
}

/** PostgreSQL takes 65,535 parameters a statement; an expression needs a few. */
const TOGETHER_MAX = 200;

async function numbersWhere<Other extends { readonly number: number }>(
  reader: Reader,
  others: readonly Other[],
  conditions: (other: Other) => readonly RawBuilder<boolean>[],
): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  for (let from = 0; from < others.length; from += TOGETHER_MAX) {
    const asked = others.slice(from, from + TOGETHER_MAX).map(
      (other) => sql`
        select ${other.number}::integer as number where exists (
          select from host h where ${isLive} and ${sql.join(conditions(other), sql` and `)})`,
    );
    const { rows } = await sql<{ number: number }>`${sql.join(asked, sql` union all `)}`.execute(
      reader,
    );
    for (const row of rows) found.add(row.number);
  }
  return found;
}

export interface CoveredHosts {
  /** Numbers of the exceptions that reach these hosts. */
  readonly by: readonly number[];
  readonly hosts: number;
}

/** Hosts with one of the packages now, counted by which of the exceptions reach them. */
export async function countCovered(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly packageIds: readonly number[];
    readonly exceptions: readonly Exception[];
  },
): Promise<readonly CoveredHosts[]> {
  const each = of.exceptions.map(
    (one) => sql`case when ${reaches(one.scope.hosts)} then ${one.number}::integer end`,
  );
  const { rows } = await sql<CoveredHosts>`
    with held as materialized (
      select distinct set_id from package_set_member
       where package_id = any(${[...of.packageIds]}::integer[]))
    select array_remove(array[${sql.join(each)}]::integer[], null) as by, count(*)::int as hosts
      from held join host_set s on s.set_id = held.set_id
       and s.observed_to is null and s.recorded_to is null
      join host h on h.num = s.host_num
     where ${isLive} and ${scopeSql(of.scopes, "h.labels")}
     group by 1`.execute(reader);
  return rows;
}

/** Names of services that exceptions name; those that are gone have none. */
export async function loadServiceNames(
  reader: Reader,
  ids: readonly ServiceId[],
): Promise<ReadonlyMap<ServiceId, string>> {
  const { rows } = await sql<{ id: ServiceId; name: string }>`
    select id, name from service where id = any(${[...ids]}::text[])`.execute(reader);
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** Names of hosts, by which they were named in an exception; removed ones too. */
export async function loadHostNames(
  reader: Reader,
  ids: readonly HostId[],
): Promise<ReadonlyMap<HostId, string>> {
  const { rows } = await sql<{ id: HostId; name: string }>`
    select id, name from host where id = any(${[...ids]}::text[])`.execute(reader);
  return new Map(rows.map((row) => [row.id, row.name]));
}
