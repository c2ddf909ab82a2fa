import { type RawBuilder, sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { type HostRow, hostFromRow } from "./host-row.ts";
import type { Host, HostFacts, HostWay } from "./model.ts";
import { scopeSql, selectorSql } from "./scope.ts";

export {
  type CurrentSets,
  currentSets,
  loadOffers,
  loadPackageSet,
  loadPackages,
  type StoredSet,
  storeOfferSet,
  storePackageSet,
} from "./store-sets.ts";

/** Hosts. Whoever reads or writes them for a person passes that person's scopes. */
export interface HostFilter {
  /** Label expressions the reader may see; only `everywhere` sees all. */
  readonly scopes: readonly Selector[];
  readonly selector?: Selector | undefined;
  readonly ids?: readonly HostId[] | undefined;
  readonly names?: readonly string[] | undefined;
  /** Hosts whose name sorts after this one. */
  readonly afterName?: string | undefined;
  readonly way?: HostWay["kind"] | undefined;
  readonly limit?: number | undefined;
}

/** For the server's own loops, which act for nobody in particular. */
export const everywhere: readonly Selector[] = [[]];

const hostColumns: RawBuilder<unknown> = sql`
  h.id, h.num, h.name, h.protocol_id as "protocolId", h.labels, h.way, h.mode,
  h.signing_key as "signingKey", h.contact_state as "contactState",
  h.inspected_at as "inspectedAt", h.tried_at as "triedAt", h.problem, h.facts,
  n.package_set as "packageSet", n.offer_set as "offerSet", h.created_at as "createdAt"`;

export async function loadHosts(reader: Reader, filter: HostFilter): Promise<readonly Host[]> {
  const { rows } = await sql<HostRow>`
    select ${hostColumns} from host h join host_now n on n.id = h.id
     where ${hostCondition(filter)}
     order by h.name limit ${filter.limit ?? null}::bigint`.execute(reader);
  return rows.map(hostFromRow);
}

/** Ids and names alone, for work that goes over many hosts. */
export async function loadHostRefs(
  reader: Reader,
  filter: HostFilter,
): Promise<readonly { readonly id: HostId; readonly name: string }[]> {
  const { rows } = await sql<{ id: HostId; name: string }>`
    select h.id, h.name from host h
     where ${hostCondition(filter)} order by h.name`.execute(reader);
  return rows;
}

/** One live host by id or name, or null when there is none within the scopes. */
export async function loadHost(
  reader: Reader,
  ref: string,
  scopes: readonly Selector[],
): Promise<Host | null> {
  const { rows } = await sql<HostRow>`
    select ${hostColumns} from host h join host_now n on n.id = h.id
     where (h.id = ${ref} or h.name = ${ref}) and h.removed_at is null
       and ${scopeSql(scopes, "h.labels")}`.execute(reader);
  return rows[0] === undefined ? null : hostFromRow(rows[0]);
}

export async function countHosts(
  reader: Reader,
  filter: Pick<HostFilter, "scopes" | "selector">,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from host h where ${hostCondition(filter)}`.execute(reader);
  return rows[0]?.count ?? 0;
}

function hostCondition(filter: HostFilter): RawBuilder<boolean> {
  const parts = [sql`h.removed_at is null`, scopeSql(filter.scopes, "h.labels")];
  if (filter.selector !== undefined) parts.push(selectorSql(filter.selector, "h.labels"));
  if (filter.ids !== undefined) parts.push(sql`h.id = any(${[...filter.ids]}::text[])`);
  if (filter.names !== undefined) parts.push(sql`h.name = any(${[...filter.names]}::text[])`);
  if (filter.way !== undefined) parts.push(sql`h.way ->> 'kind' = ${filter.way}`);
  if (filter.afterName !== undefined) {
    parts.push(sql`h.name > ${filter.afterName}`);
  }
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

export interface NewHost {
  readonly id: HostId;
  readonly name: string;
  readonly protocolId: string;
  readonly labels: Labels;
  readonly way: HostWay;
  readonly mode: Host["mode"];
}

/** Adds hosts; a name that a live host already has violates `host_name_live`. */
export async function insertHosts(tx: Tx, hosts: readonly NewHost[], at: Instant): Promise<void> {
  await sql`
    insert into host (id, name, protocol_id, labels, way, mode, created_at)
    select id, name, protocol_id, labels, way, mode, ${sqlInstant(at)}
      from unnest(
        ${hosts.map((h) => h.id)}::text[], ${hosts.map((h) => h.name)}::text[],
        ${hosts.map((h) => h.protocolId)}::text[],
        ${hosts.map((h) => JSON.stringify(h.labels))}::jsonb[],
        ${hosts.map((h) => JSON.stringify(h.way))}::jsonb[],
        ${hosts.map((h) => h.mode)}::text[])
        as given (id, name, protocol_id, labels, way, mode)
     order by name`.execute(tx);
}

export async function updateHost(
  tx: Tx,
  id: HostId,
  change: { readonly labels: Labels; readonly way: HostWay; readonly mode: Host["mode"] },
): Promise<void> {
  await sql`
    update host set labels = ${sqlJson(change.labels)}, way = ${sqlJson(change.way)},
           mode = ${change.mode}
     where id = ${id} and removed_at is null`.execute(tx);
}

/** Stores the key that signs this host's results (protocol §10). */
export async function setSigningKey(tx: Tx, id: HostId, key: string): Promise<void> {
  await sql`update host set signing_key = ${key} where id = ${id}`.execute(tx);
}

/** The host disappears from lists; its row and history stay for reports about past days. */
export async function markRemoved(tx: Tx, id: HostId, at: Instant): Promise<void> {
  await sql`
    update host set removed_at = ${sqlInstant(at)} where id = ${id} and removed_at is null`.execute(
    tx,
  );
}

interface LockedHost {
  readonly num: number;
  readonly contactState: Host["contact"]["state"];
  readonly problem: string | null;
}

/** Locks a live host's row against other inspections and edits; null when it is gone. */
export async function lockHost(tx: Tx, id: HostId): Promise<LockedHost | null> {
  const { rows } = await sql<LockedHost>`
    select num, contact_state as "contactState", problem from host
     where id = ${id} and removed_at is null for update`.execute(tx);
  return rows[0] ?? null;
}

export async function writeInspected(
  tx: Tx,
  id: HostId,
  seen: { readonly at: Instant; readonly facts: HostFacts },
): Promise<void> {
  await sql`
    update host set contact_state = 'reachable', inspected_at = ${sqlInstant(seen.at)},
           tried_at = ${sqlInstant(seen.at)}, problem = null, facts = ${sqlJson(seen.facts)}
     where id = ${id}`.execute(tx);
}

/** A failed try changes only what it is about: sets and facts stay what they were, and age. */
export async function writeUnreachable(
  tx: Tx,
  id: HostId,
  tried: { readonly at: Instant; readonly state: string; readonly problem: string },
): Promise<void> {
  await sql`
    update host set contact_state = ${tried.state}, tried_at = ${sqlInstant(tried.at)},
           problem = ${tried.problem}
     where id = ${id}`.execute(tx);
}
