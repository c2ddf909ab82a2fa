import { type RawBuilder, sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Labels, parseLabels, parseSelector, type Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { scopeSql, selectorSql } from "./scope.ts";
import type { Service, ServiceId, ServiceRef } from "./service.ts";

/** Services. Whoever reads or writes them for a person passes that person's scopes. */
export interface ServiceFilter {
  /** Label expressions the reader may see. */
  readonly scopes: readonly Selector[];
  readonly selector?: Selector | undefined;
  /** By id or name. */
  readonly ref?: string | undefined;
  /** Part of a name, a title or a team. */
  readonly text?: string | undefined;
}

interface ServiceRow {
  readonly id: ServiceId;
  readonly num: number;
  readonly name: string;
  readonly title: string;
  readonly team: string;
  readonly owners: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly repository: string;
  readonly hostSelector: string | null;
  readonly hosts: readonly { readonly id: HostId; readonly name: string }[];
  readonly needs: readonly ServiceRef[];
  readonly createdAt: Instant;
}

export async function loadServices(
  reader: Reader,
  filter: ServiceFilter,
): Promise<readonly Service[]> {
  const { rows } = await sql<ServiceRow>`
    select s.id, s.num, s.name, s.title, s.team, s.owners, s.labels, s.repository,
           s.host_selector as "hostSelector", s.created_at as "createdAt",
           coalesce((select jsonb_agg(jsonb_build_object('id', h.id, 'name', h.name)
                                      order by h.name)
              from service_host sh join host h on h.num = sh.host_num
             where sh.service_num = s.num and h.removed_at is null), '[]') as hosts,
           coalesce((select jsonb_agg(jsonb_build_object('id', n.id, 'name', n.name)
                                      order by n.name)
              from service_need d join service n on n.num = d.needs_num
             where d.service_num = s.num and n.removed_at is null), '[]') as needs
      from service s where ${condition(filter)} order by s.name`.execute(reader);
  return rows.map(serviceFromRow);
}

/** One live service by id or name, or null when there is none within the scopes. */
export async function loadService(
  reader: Reader,
  ref: string,
  scopes: readonly Selector[],
): Promise<Service | null> {
  const [service] = await loadServices(reader, { ref, scopes });
  return service ?? null;
}

function condition(filter: ServiceFilter): RawBuilder<boolean> {
  const parts = [sql`s.removed_at is null`, scopeSql(filter.scopes, "s.labels")];
  const { ref, selector, text = "" } = filter;
  if (ref !== undefined) parts.push(sql`(s.id = ${ref} or s.name = ${ref})`);
  if (selector !== undefined) parts.push(selectorSql(selector, "s.labels"));
  if (text !== "") {
    const all = sql`lower(s.name || E'\n' || s.title || E'\n' || s.team)`;
    parts.push(sql`position(${text.toLowerCase()} in ${all}) > 0`);
  }
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

function serviceFromRow(row: ServiceRow): Service {
  const { hostSelector, hosts, labels, ...rest } = row;
  return {
    ...rest,
    labels: parseLabels(Object.entries(labels).map(([key, value]) => `${key}=${value}`)),
    hosts: {
      selector: hostSelector === null ? null : parseSelector(hostSelector),
      named: hosts,
    },
  };
}

/** Names of services that others need, within the scopes: who is hurt when this one stops. */
export async function loadNeededBy(
  reader: Reader,
  num: number,
  scopes: readonly Selector[],
): Promise<readonly ServiceRef[]> {
  const { rows } = await sql<ServiceRef>`
    select s.id, s.name from service_need d join service s on s.num = d.service_num
     where d.needs_num = ${num} and s.removed_at is null and ${scopeSql(scopes, "s.labels")}
     order by s.name`.execute(reader);
  return rows;
}

export interface ServiceFields {
  readonly title: string;
  readonly team: string;
  readonly owners: readonly string[];
  readonly labels: Labels;
  readonly repository: string;
  readonly hostSelector: string | null;
}

/** Adds a service; a name that a live one has already violates `service_name_live`. */
export async function insertService(
  tx: Tx,
  service: ServiceFields & { readonly id: ServiceId; readonly name: string },
  at: Instant,
): Promise<number> {
  const { rows } = await sql<{ num: number }>`
    insert into service (id, name, title, team, owners, labels, repository, host_selector,
                         created_at)
    values (${service.id}, ${service.name}, ${service.title}, ${service.team},
            ${[...service.owners]}::text[], ${sqlJson(service.labels)}, ${service.repository},
            ${service.hostSelector}, ${sqlInstant(at)}) returning num`.execute(tx);
  return rows[0]?.num ?? 0;
}

export async function updateService(tx: Tx, id: ServiceId, fields: ServiceFields): Promise<void> {
  await sql`
    update service set title = ${fields.title}, team = ${fields.team},
           owners = ${[...fields.owners]}::text[], labels = ${sqlJson(fields.labels)},
           repository = ${fields.repository}, host_selector = ${fields.hostSelector}
     where id = ${id}`.execute(tx);
}

/** Locks a live service against other edits; null when it is gone. */
export async function lockService(tx: Tx, id: ServiceId): Promise<number | null> {
  const { rows } = await sql<{ num: number }>`
    select num from service where id = ${id} and removed_at is null for update`.execute(tx);
  return rows[0]?.num ?? null;
}

/** It disappears from lists; its row and history stay for reports about past days. */
export async function markServiceRemoved(tx: Tx, id: ServiceId, at: Instant): Promise<void> {
  await sql`update service set removed_at = ${sqlInstant(at)} where id = ${id}`.execute(tx);
}

export async function replaceNamedHosts(
  tx: Tx,
  num: number,
  hostIds: readonly HostId[],
): Promise<void> {
  await sql`delete from service_host where service_num = ${num}`.execute(tx);
  await sql`
    insert into service_host (service_num, host_num)
    select ${num}::integer, h.num from host h where h.id = any(${[...hostIds]}::text[])
     order by h.num`.execute(tx);
}

export async function replaceNeeds(
  tx: Tx,
  num: number,
  needs: readonly ServiceId[],
): Promise<void> {
  await sql`delete from service_need where service_num = ${num}`.execute(tx);
  await sql`
    insert into service_need (service_num, needs_num)
    select ${num}::integer, s.num from service s where s.id = any(${[...needs]}::text[])
     order by s.num`.execute(tx);
}
