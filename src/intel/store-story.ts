import { type RawBuilder, sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Days } from "./days.ts";
import type { VexClaim } from "./filter.ts";
import { type AlikeHosts, type HostStory, segmentsFromText } from "./host-story.ts";
import { exposedStates } from "./model.ts";
import type { ClaimTime, PairTime } from "./seen-times.ts";
import { arrayText } from "./store-statement.ts";

/** Histories as they are kept, for counting days and telling intervals. */

/** As `dayBeforeToo` says it; a test of the days of a real history holds the two together. */
export function dayOfSql(days: Days, moment: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`case when ${moment} is null or ${moment} > ${sqlInstant(days.now)}
    then ${days.count}::int else least(${days.count}::int, ceil(
      date_part('epoch', ${moment} - ${sqlInstant(days.first)}) / 86400)::int) end`;
}

export interface StoryFilter {
  readonly scopes: readonly Selector[];
  /** Only hosts that ever had one of these sets, or one host. */
  readonly setIds?: readonly number[] | undefined;
  readonly hostId?: HostId | undefined;
}

/**
 * Times in which hosts had one set and ran one kernel, as this server believed it then. A row of the
 * history that has an end was written later, to tell of the past; what was believed then has none.
 */
function believed({ scopes, setIds, hostId }: StoryFilter) {
  const had =
    setIds === undefined
      ? sql`true`
      : sql`h.num in (select host_num from host_set
              where set_id = any(${arrayText(setIds)}::integer[]))`;
  const isIt = hostId === undefined ? sql`true` : sql`h.id = ${hostId}`;
  return sql`(
    select h.num, h.name, h.id, h.filter_marks as marks, h.labels, s.set_id, k.kernel_running,
           greatest(s.recorded_from, k.recorded_from, h.created_at) as starts,
           least(s.recorded_to, k.recorded_to, h.removed_at) as ends
      from host h
      join host_set s on s.host_num = h.num and s.observed_to is null
      left join (
        select host_num, kernel_running, recorded_from, recorded_to from host_kernel
        union all
        select host_num, null, '-infinity', min(recorded_from) from host_kernel group by 1
      ) k on k.host_num = h.num
         and (k.recorded_to is null or k.recorded_to > greatest(s.recorded_from, h.created_at))
         and (s.recorded_to is null or k.recorded_from < s.recorded_to)
     where ${had} and ${isIt} and ${scopeSql(scopes, "h.labels")})`;
}

const TAB = sql`chr(9)`;
const kernelText = sql`translate(coalesce(b.kernel_running, ''), chr(9) || chr(10), '  ')`;

/** The stories of all hosts by the day; days before the oldest are below zero. */
export async function loadStories(
  reader: Reader,
  of: StoryFilter & { readonly days: Days; readonly label?: string | undefined },
): Promise<readonly HostStory[]> {
  const { days } = of;
  const { rows } = await sql<Omit<HostStory, "segments"> & { story: string }>`
    with spans as (
      select b.num, b.marks, b.labels ->> ${of.label ?? ""}::text as label, b.set_id,
             ${kernelText} as kernel, ${dayOfSql(days, sql`b.starts`)} as day_from,
             ${dayOfSql(days, sql`b.ends`)} as day_to
        from ${believed(of)} b
    ), told as (
      select num, marks, label, string_agg(set_id || ${TAB} || day_from || ${TAB} ||
               case when day_to = ${days.count} then '' else day_to::text end || ${TAB} || kernel,
               chr(10) order by day_from) as story
        from spans where day_from < day_to
       group by 1, 2, 3
    )
    select marks, label, story, count(*)::int as hosts from told group by 1, 2, 3
     order by 1, 2, 3`.execute(reader);
  return rows.map(({ story, ...rest }) => ({ ...rest, segments: segmentsFromText(story) }));
}

/** Hosts that were alike for some of the days, by the day: what a count of each day needs. */
export async function loadAlikeHosts(
  reader: Reader,
  of: StoryFilter & { readonly days: Days },
): Promise<readonly AlikeHosts[]> {
  const { days } = of;
  const { rows } = await sql<Omit<AlikeHosts, "to"> & { to: number | null }>`
    with spans as materialized (
      select b.marks, b.set_id, b.kernel_running,
             greatest(0, ${dayOfSql(days, sql`b.starts`)}) as day_from,
             ${dayOfSql(days, sql`b.ends`)} as day_to
        from ${believed(of)} b
    )
    select marks, set_id as "setId", kernel_running as "kernelRunning", day_from as "from",
           nullif(day_to, ${days.count}::int) as "to", count(*)::int as hosts
      from spans where day_from < day_to
     group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`.execute(reader);
  return rows.map((row) => ({ ...row, to: row.to ?? Number.POSITIVE_INFINITY }));
}

export interface NamedStory extends HostStory {
  readonly id: string;
  readonly name: string;
}

/** Single hosts by name, to the millisecond. */
export async function loadNamedStories(
  reader: Reader,
  of: StoryFilter & {
    readonly skip: number;
    readonly limit: number;
  },
): Promise<readonly NamedStory[]> {
  const ms = (moment: RawBuilder<unknown>) =>
    sql`coalesce(round(extract(epoch from ${moment}) * 1000)::bigint::text, '')`;
  const { rows } = await sql<Omit<NamedStory, "segments"> & { story: string }>`
    select b.id, b.name, b.marks, null as label, 1 as hosts,
           string_agg(b.set_id || ${TAB} || ${ms(sql`b.starts`)} || ${TAB} || ${ms(sql`b.ends`)} ||
             ${TAB} || ${kernelText}, chr(10) order by b.starts) as story
      from ${believed(of)} b where b.ends is null or b.starts < b.ends
     group by b.num, b.id, b.name, b.marks order by b.name, b.num
     offset ${of.skip} limit ${of.limit}`.execute(reader);
  return rows.map(({ story, ...rest }) => ({ ...rest, segments: segmentsFromText(story) }));
}

/** What was said of packages until after `since`; of one vulnerability or host where asked. */
export async function loadPairTimes(
  reader: Reader,
  of: {
    readonly since: Instant | null;
    readonly vulnerability?: string | undefined;
    readonly setIds?: readonly number[] | undefined;
    readonly sources?: readonly string[] | undefined;
  },
): Promise<readonly PairTime[]> {
  const isLater = of.since === null ? sql`true` : sql`f.valid_to > ${sqlInstant(of.since)}`;
  const isAsked =
    of.vulnerability === undefined ? sql`true` : sql`vulnerability = ${of.vulnerability}`;
  const isOn =
    of.setIds === undefined
      ? sql`true`
      : sql`f.package_id in (select package_id from package_set_member
              where set_id = any(${arrayText(of.setIds)}::integer[]))`;
  const isFrom =
    of.sources === undefined ? sql`true` : sql`f.source = any(${[...of.sources]}::text[])`;
  // Moments come as numbers: there are millions, and reading each from words took half the time.
  // Two questions, as what holds and what ended are found by indices of their own.
  const rowsThat = (when: RawBuilder<unknown>) => sql`
    select f.package_id as "packageId", f.vulnerability, f.ecosystem, f.source,
           f.fixed_version as "fixedVersion", f.channel,
           f.state = any(${[...exposedStates]}::text[]) as "isExposed",
           floor(extract(epoch from f.valid_from) * 1000)::float8 as "from",
           floor(extract(epoch from f.valid_to) * 1000)::float8 as "to"
      from finding_pair f
     where ${when} and ${isAsked} and ${isOn} and ${isFrom}
       and (f.state = any(${[...exposedStates]}::text[]) or f.channel <> '')`;
  const { rows } = await sql<PairTime>`
    ${rowsThat(sql`f.valid_to is null`)} union all
    ${rowsThat(sql`f.valid_to > f.valid_from and ${isLater}`)}`.execute(reader);
  return rows;
}

/** Which statements spoke of which findings, and when they counted here. */
export async function loadClaimTimes(
  reader: Reader,
  of: { readonly since: Instant | null; readonly vulnerability?: string | undefined },
): Promise<readonly ClaimTime[]> {
  const isLater =
    of.since === null ? sql`true` : sql`c."to" is null or c."to" > ${sqlInstant(of.since)}`;
  const isAsked =
    of.vulnerability === undefined ? sql`true` : sql`m.vulnerability = ${of.vulnerability}`;
  const { rows } = await sql<Omit<VexClaim, "since"> & { from: Instant; to: Instant | null }>`
    select * from (
      select m.package_id as "packageId", m.vulnerability, d.scope_id as scope,
             d.number as document, v.author, v.status, v.justification, v.said_at as "saidAt",
             d.until, d.trust, d.trusted_by as "trustedBy",
             greatest(m.valid_from, d.loaded_at) as "from", least(m.valid_to, d.ended_at) as "to"
        from vex_match m join vex_statement v on v.id = m.statement_id
        join vex_document d on d.number = v.document
       where ${isAsked}) c
     where (c."to" is null or c."from" < c."to") and (${isLater})`.execute(reader);
  return rows.map(({ from, to, ...claim }) => ({ from, to, claim: { ...claim, since: from } }));
}

export interface KevTime {
  readonly vulnerability: string;
  readonly from: Instant;
  readonly to: Instant | null;
}

export async function loadKevTimes(reader: Reader, since: Instant): Promise<readonly KevTime[]> {
  const { rows } = await sql<KevTime>`
    select id as vulnerability, valid_from as "from", valid_to as "to" from kev
     where valid_to is null or valid_to > ${sqlInstant(since)}`.execute(reader);
  return rows;
}

/** The sets that hold one of the packages. */
export async function loadSetsWith(
  reader: Reader,
  packageIds: readonly number[],
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct set_id as id from package_set_member
     where package_id = any(${arrayText(packageIds)}::integer[]) order by 1`.execute(reader);
  return rows.map(({ id }) => id);
}
