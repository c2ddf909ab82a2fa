import { type RawBuilder, sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { type CountedHosts, type KnownHosts, knownHostsOf } from "../intel/exposure.ts";
import { scopeSql, selectorSql } from "../inventory/scope.ts";
import { hostsAt, pointersAt } from "../inventory/store-as-of.ts";
import type { HostFacts } from "./case-facts.ts";
import type { ChosenHosts } from "./host-choice.ts";

/** What triage asks of the inventory: offers by source, first sightings and tiers of hosts. */

export interface SourceOffer {
  readonly ecosystem: string;
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly origin: string;
}

/** Offer sets never change, so what the same ones offer is read once and then shared. */
const offersRead = new WeakMap<object, Map<string, readonly SourceOffer[]>>();
const OFFERS_KEPT_MAX = 4;

/**
 * Every distinct version that the sources of hosts in scope offer them today. The same answer is the
 * same array.
 */
export async function loadSourceOffers(
  reader: Reader,
  scopes: readonly Selector[],
  source?: string,
): Promise<readonly SourceOffer[]> {
  return loadOffersOf(reader, (await loadFleetSight(reader, scopes)).offerSets, source);
}

/** The same for offer sets that are known already. */
export async function loadOffersOf(
  reader: Reader,
  present: readonly OfferSetInUse[],
  source?: string,
): Promise<readonly SourceOffer[]> {
  const read = keptFor(offersRead, reader);
  const key = JSON.stringify([present, source ?? null]);
  const offers = read.get(key) ?? (await readOffers(reader, present, source));
  return keepLast(read, OFFERS_KEPT_MAX, [key, offers]);
}

interface OfferSetInUse {
  readonly ecosystem: string;
  readonly setId: number;
}

/** Hosts are exposed unless a label says otherwise: unknown exposure counts as exposed. */
const outsideOnly: Selector = [{ op: "not-in", key: "exposure", values: ["internal", "none"] }];

/** One look at the hosts in scope, for all that is asked of them at once. */
export interface FleetSight {
  readonly hosts: KnownHosts;
  /** Those of them that are exposed to the outside. */
  readonly outside: KnownHosts;
  readonly offerSets: readonly OfferSetInUse[];
}

/** Hosts that are alike in all that a look asks. */
export interface SightRow extends CountedHosts {
  readonly isOutside: boolean;
  /** Of the package set. */
  readonly ecosystem: string | null;
  readonly offers: number | null;
}

export async function loadFleetSight(
  reader: Reader,
  scopes: readonly Selector[],
  of: SightOf = {},
): Promise<FleetSight> {
  return fleetSightOf(await loadSightRows(reader, scopes, [], of));
}

export interface SightOf {
  /** What was known at a moment in the past; now when absent. */
  readonly asOf?: Instant | undefined;
  /** Of the hosts in scope only these. */
  readonly chosen?: ChosenHosts | undefined;
}

/** With `more` columns of the table `host h` by which hosts are told apart too, each with its name. */
export async function loadSightRows<More>(
  reader: Reader,
  scopes: readonly Selector[],
  more: readonly RawBuilder<unknown>[],
  { asOf, chosen }: SightOf = {},
): Promise<readonly (SightRow & More)[]> {
  const columns = [
    sql`s.set_id as "setId"`,
    sql`h.kernel_running as "kernelRunning"`,
    sql`h.filter_marks as marks`,
    sql`o.set_id as offers`,
    sql`${selectorSql(outsideOnly, "h.labels")} as "isOutside"`,
    ...more,
  ];
  const places = columns.map((_, at) => sql.lit(at + 1));
  const { rows } = await sql<SightRow & More>`
    with alike as (
      select ${sql.join(columns)}, count(*)::integer as "hostCount"
        from ${hostsAt(asOf)} h
        left join ${pointersAt("host_set", asOf)} s on s.host_num = h.num
         and s.observed_to is null and s.recorded_to is null
        left join ${pointersAt("host_offer", asOf)} o on o.host_num = h.num
         and o.observed_to is null and o.recorded_to is null
       where h.removed_at is null and ${scopeSql(scopes, "h.labels")} and ${isChosen(chosen)}
       group by ${sql.join(places)}
    )
    select a.*, p.ecosystem from alike a left join package_set p on p.id = a."setId"
     order by a."setId", a."kernelRunning"`.execute(reader);
  return rows;
}

function isChosen(chosen: ChosenHosts | undefined): RawBuilder<boolean> {
  if (chosen === undefined) return sql<boolean>`true`;
  const { label, team, any } = chosen;
  const parts: RawBuilder<unknown>[] = [selectorSql(label, "h.labels")];
  if (team !== null) {
    parts.push(sql`coalesce(h.labels ->> 'team', h.labels ->> 'owner') = ${team}`);
  }
  for (const { selector, ids } of any) {
    const named = sql`h.id = any(${[...ids]}::text[])`;
    const selected = selector === null ? sql`false` : selectorSql(selector, "h.labels");
    parts.push(sql`(${named} or ${selected})`);
  }
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

export function fleetSightOf(rows: readonly SightRow[]): FleetSight {
  return {
    hosts: knownHostsOf(rows),
    outside: knownHostsOf(rows.filter((row) => row.isOutside)),
    offerSets: offerSetsOf(rows),
  };
}

/** Each once and in one order, so that the same ones are told by the same text. */
function offerSetsOf(rows: readonly SightRow[]): readonly OfferSetInUse[] {
  const sets = rows.flatMap(({ ecosystem, offers }) =>
    ecosystem === null || offers === null ? [] : [{ ecosystem, setId: offers }],
  );
  const distinct = new Map(sets.map((set) => [`${set.setId} ${set.ecosystem}`, set]));
  return [...distinct.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
}

async function readOffers(
  reader: Reader,
  present: readonly OfferSetInUse[],
  source: string | undefined,
): Promise<readonly SourceOffer[]> {
  const { rows } = await sql<SourceOffer>`
    select distinct p.ecosystem, o.name, o.arch, o.version, o.source,
           o.source_version as "sourceVersion", o.origin
      from unnest(${present.map((set) => set.ecosystem)}::text[],
                  ${present.map((set) => set.setId)}::integer[]) as p (ecosystem, set_id)
      join offer_set_member m on m.set_id = p.set_id
      join offer o on o.id = m.offer_id
     where ${source ?? null}::text is null or o.source = ${source ?? null}`.execute(reader);
  return rows;
}

/** What each offer set holds of these sources; a set that offers none of them is not among them. */
export async function loadOffersBySet(
  reader: Reader,
  of: { readonly sets: readonly OfferSetInUse[]; readonly sources: readonly string[] },
): Promise<ReadonlyMap<number, readonly SourceOffer[]>> {
  const { rows } = await sql<SourceOffer & { setId: number }>`
    select m.set_id as "setId", p.ecosystem, o.name, o.arch, o.version, o.source,
           o.source_version as "sourceVersion", o.origin
      from unnest(${of.sets.map((set) => set.ecosystem)}::text[],
                  ${of.sets.map((set) => set.setId)}::integer[]) as p (ecosystem, set_id)
      join offer_set_member m on m.set_id = p.set_id
      join offer o on o.id = m.offer_id
     where o.source = any(${[...of.sources]}::text[])`.execute(reader);
  return Map.groupBy(rows, ({ setId }) => setId);
}

/**
 * When the first host was seen with one of the packages. Histories keep every sighting, so neither a
 * new scan nor a re-install moves it.
 */
export async function firstSeenAt(
  reader: Reader,
  packageIds: readonly number[],
): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant | null }>`
    select min(h.observed_from) as at
      from package_set_member m join host_set h on h.set_id = m.set_id
     where m.package_id = any(${[...packageIds]}::integer[]) and h.recorded_to is null`.execute(
    reader,
  );
  return rows[0]?.at ?? null;
}

/** Highest first; a host without the label, or with another word, counts as none of them. */
const DATA_CLASSES = ["public", "internal", "confidential", "restricted"];
const SEGMENTS_MAX = 50;

/**
 * What the labels of hosts with one of the packages say: the lowest `tier` (0 is the most critical; 3
 * where none says), the highest class of `data`, and the user segments (`segment`) that they serve.
 */
export async function hostFacts(
  reader: Reader,
  scopes: readonly Selector[],
  packageIds: readonly number[],
): Promise<Pick<HostFacts, "tier" | "data" | "segments">> {
  const { rows } = await sql<{ tier: number | null; data: number | null; segments: string[] }>`
    with sets as materialized (
      select distinct set_id from package_set_member
       where package_id = any(${[...packageIds]}::integer[])
    ), alike as (
      select n.labels ->> 'tier' as tier, n.labels ->> 'data' as data,
             n.labels ->> 'segment' as segment
        from host_now n
       where n.package_set_id in (select set_id from sets) and ${scopeSql(scopes, "n.labels")}
       group by 1, 2, 3
    )
    select min(tier::integer) filter (where tier ~ '^[0-3]$') as tier,
           max(array_position(${DATA_CLASSES}::text[], data)) - 1 as data,
           coalesce(array_agg(distinct segment order by segment)
                      filter (where segment is not null), '{}') as segments
      from alike`.execute(reader);
  const [row] = rows;
  return {
    tier: row?.tier ?? 3,
    data: row?.data ?? 0,
    segments: row?.segments.slice(0, SEGMENTS_MAX) ?? [],
  };
}

export interface InstalledSource {
  readonly versions: readonly string[];
  readonly hosts: number;
  readonly packageIds: readonly number[];
}

/** The versions of one source package that hosts in scope have now, and how many hosts that is. */
export async function installedSource(
  reader: Reader,
  scopes: readonly Selector[],
  wanted: { readonly ecosystem: string; readonly source: string },
): Promise<InstalledSource> {
  const { rows } = await sql<InstalledSource>`
    with present as materialized (
      select distinct m.set_id, p.id, p.source_version
        from package p join package_set_member m on m.package_id = p.id
       where p.ecosystem = ${wanted.ecosystem} and p.source = ${wanted.source}
    ), reached as (
      select n.id as host, p.id, p.source_version
        from host_now n join present p on p.set_id = n.package_set_id
       where ${scopeSql(scopes, "n.labels")}
    )
    select coalesce(array_agg(distinct source_version order by source_version), '{}') as versions,
           coalesce(array_agg(distinct id), '{}') as "packageIds",
           count(distinct host)::integer as hosts
      from reached`.execute(reader);
  return rows[0] ?? { versions: [], hosts: 0, packageIds: [] };
}
