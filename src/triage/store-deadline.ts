import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { HostId, PatchId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { exposedStates } from "../intel/model.ts";
import { selectorSql } from "../inventory/scope.ts";
import { hostsAt, pointersAt } from "../inventory/store-as-of.ts";
import type { Wait } from "./deadline-pause.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import type { Deadline, Exposure } from "./model.ts";
import { loadSetAside, setAsideRows } from "./store-set-aside.ts";

/** What dates follow from: when hosts were first seen with what, and when a fix was offered. */

export interface DetectionRow {
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
  readonly exposure: Exposure;
  /** One digit for each preset of the policy, in its order: `1` where it counts. */
  readonly presets: string;
  readonly detectedAt: Instant;
  readonly fixedVersions: readonly string[];
}

export interface SourceKey {
  readonly ecosystem: string;
  readonly source: string;
}

export interface DetectionFilter {
  readonly vulnerabilities?: readonly string[] | undefined;
  readonly sources?: readonly SourceKey[] | undefined;
  readonly host?: HostId | undefined;
  /** By what was known at a moment in the past; now when absent. */
  readonly asOf?: Instant | undefined;
}

/**
 * When hosts that have it now were first seen with a vulnerability, by how they can be reached and
 * which presets are theirs. Seen means that a host had the package while a feed called it affected.
 * Earlier hosts of the same name count as the same asset, so installing anew resets no clock; of kernel
 * images only the one that runs counts, and any where that is not known. What a filter sets aside on a
 * host has no date there; the first sight stays what it was for when the filter ends.
 */
export async function loadDetections(
  reader: Reader,
  policy: DeadlinePolicy,
  filter: DetectionFilter,
): Promise<readonly DetectionRow[]> {
  const { asOf } = filter;
  const aside = await loadSetAside(reader, asOf);
  const isLast = endsAfter("f.valid_to", asOf);
  const marks = aside.length === 0 ? sql`''::text` : sql`live.filter_marks`;
  const { rows } = await sql<DetectionRow>`
    with aside as materialized (${setAsideRows(aside)}), wanted as materialized (
      select f.vulnerability, f.package_id, f.ecosystem, f.source,
             range_agg(tstzrange(f.valid_from, f.valid_to)) as known,
             max(f.fixed_version) filter (where ${isLast}) as fixed,
             bool_or(${isLast}) as is_current
        from finding_pair f
       where f.state = any(${[...exposedStates]}::text[]) and ${isAsked(filter)}
         and ${beganBy("f.valid_from", asOf)}
       group by 1, 2, 3, 4
    ), held as materialized (
      select m.set_id, m.package_id,
             case when k.role = 'kernel-image' then regexp_replace(regexp_replace(
               k.name, '^linux-image-(unsigned-)?', ''), '-unsigned$', '') end as release
        from (select distinct package_id from wanted) w
        join package_set_member m on m.package_id = w.package_id and ${isSetOf(filter.host)}
        left join package_match k on k.package_id = m.package_id
    ), alike as materialized (
      select s.set_id, live.kernel_running, ${exposureSql(policy)} as exposure,
             ${presetsSql(policy)} as presets, ${marks} as marks,
             range_agg(tstzrange(s.observed_from, s.observed_to)) as seen,
             bool_or(s.observed_to is null and ${endsAfter("h.removed_at", asOf)}) as is_now
        from host_set s
        join host h on h.num = s.host_num
        join ${hostsAt(asOf)} live on live.name = h.name and live.removed_at is null
       where ${endsAfter("s.recorded_to", asOf)} and ${beganBy("s.recorded_from", asOf)}
         and ${isHost(filter.host)}
         and s.set_id in (select set_id from held)
       group by 1, 2, 3, 4, 5
    ), sighted as (
      select p.package_id, a.exposure, a.presets, a.marks, range_agg(a.seen) as seen,
             bool_or(a.is_now) as is_now
        from held p join alike a on a.set_id = p.set_id
         and (p.release is null or a.kernel_running is null or p.release = a.kernel_running)
       group by 1, 2, 3, 4
    )
    select w.vulnerability, w.ecosystem, w.source, g.exposure, g.presets,
           min(lower(w.known * g.seen)) as "detectedAt",
           coalesce(array_agg(distinct w.fixed) filter (where w.fixed is not null), '{}')
             as "fixedVersions"
      from wanted w join sighted g on g.package_id = w.package_id
     where not exists (select from aside a where a.vulnerability = w.vulnerability
                        and a.package_id = w.package_id and a.marks = g.marks)
     group by 1, 2, 3, 4, 5
    having bool_or(w.is_current and g.is_now) and min(lower(w.known * g.seen)) is not null
     order by 1, 2, 3, 4, 5`.execute(reader);
  return rows;
}

function isAsked(filter: DetectionFilter): RawBuilder<boolean> {
  const { vulnerabilities, sources, host, asOf } = filter;
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (vulnerabilities !== undefined) {
    conditions.push(sql`f.vulnerability = any(${[...vulnerabilities]}::text[])`);
  }
  if (sources !== undefined) {
    conditions.push(sql`(f.ecosystem, f.source) in (${sourceRows(sources)})`);
  }
  if (host !== undefined) {
    conditions.push(sql`f.package_id in (
      select m.package_id from ${hostsAt(asOf)} n
        join ${pointersAt("host_set", asOf)} s on s.host_num = n.num
         and s.observed_to is null and s.recorded_to is null
        join package_set_member m on m.set_id = s.set_id
       where n.id = ${host} and n.removed_at is null)`);
  }
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function sourceRows(sources: readonly SourceKey[]): RawBuilder<unknown> {
  return sql`select * from unnest(${sources.map((one) => one.ecosystem)}::text[],
                                  ${sources.map((one) => one.source)}::text[])`;
}

/** True of what had begun at the moment; of now always. */
function beganBy(column: string, asOf: Instant | undefined): RawBuilder<boolean> {
  if (asOf === undefined) return sql<boolean>`true`;
  return sql<boolean>`${sql.ref(column)} <= ${sqlInstant(asOf)}`;
}

/** True of what had not ended at the moment. */
function endsAfter(column: string, asOf: Instant | undefined): RawBuilder<boolean> {
  const end = sql.ref(column);
  if (asOf === undefined) return sql<boolean>`${end} is null`;
  return sql<boolean>`(${end} is null or ${end} > ${sqlInstant(asOf)})`;
}

function isHost(host: HostId | undefined): RawBuilder<boolean> {
  return host === undefined ? sql<boolean>`true` : sql<boolean>`live.id = ${host}`;
}

/** Sets that the host had, or earlier hosts of its name. */
function isSetOf(host: HostId | undefined): RawBuilder<boolean> {
  if (host === undefined) return sql<boolean>`true`;
  return sql<boolean>`m.set_id = any(array(
    select s.set_id from host_set s join host h on h.num = s.host_num
     where h.name = (select name from host where id = ${host})))`;
}

/** How hosts of the table `live` can be reached. */
export function exposureSql(policy: DeadlinePolicy): RawBuilder<unknown> {
  return sql`case when ${selectorSql(policy.exposed, "live.labels")} then 'exposed'
                  when ${selectorSql(policy.internal, "live.labels")} then 'internal'
                  else 'unknown' end`;
}

export function presetsSql(policy: DeadlinePolicy): RawBuilder<unknown> {
  const digits = policy.presets.map(
    ({ hosts }) => sql`case when ${selectorSql(hosts, "live.labels")} then '1' else '0' end`,
  );
  return sql.join(digits, sql` || `);
}

export interface OfferedTimes {
  readonly ecosystem: string;
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly origin: string;
  readonly times: readonly Wait[];
}

const timesSchema = z.array(z.object({ from: z.number(), to: z.number().nullable() }));

/** What was offered of these source packages on hosts of their ecosystems, and when, as known then. */
export async function loadOfferedTimes(
  reader: Reader,
  of: readonly SourceKey[],
  asOf?: Instant,
): Promise<readonly OfferedTimes[]> {
  if (of.length === 0) return [];
  const { rows } = await sql<Omit<OfferedTimes, "times"> & { times: unknown }>`
    with asked (ecosystem, source) as materialized (${sourceRows(of)}), offered as materialized (
      select m.set_id, o.name, o.arch, o.version, o.source, o.source_version, o.origin
        from offer o join offer_set_member m on m.offer_id = o.id
       where o.source in (select source from asked)
    ), had as materialized (
      select distinct s.host_num, p.ecosystem
        from host_set s join package_set p on p.id = s.set_id
       where p.ecosystem in (select ecosystem from asked)
    ), seen as (
      select h.set_id, had.ecosystem, range_agg(tstzrange(h.observed_from, h.observed_to)) as times
        from host_offer h join had on had.host_num = h.host_num
       where ${endsAfter("h.recorded_to", asOf)} and ${beganBy("h.recorded_from", asOf)}
         and h.set_id in (select set_id from offered)
       group by 1, 2
    ), together as (
      select a.ecosystem, o.name, o.arch, o.version, o.source, o.source_version, o.origin,
             range_agg(s.times) as times
        from offered o join asked a on a.source = o.source
        join seen s on s.set_id = o.set_id and s.ecosystem = a.ecosystem
       group by 1, 2, 3, 4, 5, 6, 7
    )
    select ecosystem, name, arch, version, source, source_version as "sourceVersion", origin,
           (select jsonb_agg(jsonb_build_object(
                     'from', floor(extract(epoch from lower(r)) * 1000),
                     'to', floor(extract(epoch from upper(r)) * 1000)))
              from unnest(times) as r) as times
      from together`.execute(reader);
  return rows.map((row) => ({ ...row, times: timesSchema.parse(row.times) }));
}

/** Compare-and-set on the date that was read: two servers looking at once write one of them. */
export async function updateDeadline(
  tx: Tx,
  of: { readonly patch: PatchId; readonly from: Deadline; readonly to: Deadline },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update patch set deadline = ${sqlJson(of.to)}, deadline_at = ${sqlInstant(of.to.at)}
     where id = ${of.patch} and deadline = ${sqlJson(of.from)}`.execute(tx);
  return numAffectedRows === 1n;
}
