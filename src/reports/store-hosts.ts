import { type RawBuilder, sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Tone } from "../base/tone.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import type { CountedHosts } from "../intel/exposure.ts";
import { FRESH_MS } from "../inventory/host-states.ts";
import { scopeSql, selectorSql } from "../inventory/scope.ts";

/**
 * Hosts by their four states, set-wise. The rules are those of `host-states.ts` as SQL, and risk comes
 * in as one row for each group of equal hosts; a test holds lists and single hosts together.
 */
export interface HostsAsked {
  readonly scopes: readonly Selector[];
  readonly selectors: readonly Selector[];
  /** Part of a name, an address or a label. */
  readonly text: string;
  readonly now: Instant;
}

export interface HostListFilter extends HostsAsked {
  readonly tones: Partial<Readonly<Record<Respect, readonly Tone[] | undefined>>>;
  readonly groups: readonly GroupTone[];
}

export type Respect = "reach" | "fresh" | "reboot" | "risk";

export interface GroupTone {
  readonly setId: number;
  readonly kernelRunning: string | null;
  readonly marks?: string | undefined;
  readonly tone: Tone;
}

export interface ToneCount extends Readonly<Record<Respect, Tone>> {
  readonly hosts: number;
}

/** Hosts that have the same packages, run the same kernel and are in the same states. */
export type AlikeHosts = CountedHosts & HostTones;

/** The states that are each host's own. */
export type HostTones = Readonly<Record<Exclude<Respect, "risk">, Tone>>;

export function toneColumns(asked: Pick<HostsAsked, "now">): readonly RawBuilder<unknown>[] {
  return [
    sql`${toneSql("reach", asked)} as reach`,
    sql`${toneSql("fresh", asked)} as fresh`,
    sql`${toneSql("reboot", asked)} as reboot`,
  ];
}

/** Hosts under text and labels, looked at once for their groups and for their states. */
export async function loadAlikeHosts(
  reader: Reader,
  asked: HostsAsked,
): Promise<readonly AlikeHosts[]> {
  const { rows } = await sql<AlikeHosts>`
    select s.set_id as "setId", h.kernel_running as "kernelRunning", h.filter_marks as marks,
           ${sql.join(toneColumns(asked))}, count(*)::integer as "hostCount"
      from ${hostsWithSets} where ${isAsked(asked)}
     group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3`.execute(reader);
  return rows;
}

/** The same hosts by the four states they have together: at most a hundred rows. */
export function countByTones(
  alike: readonly AlikeHosts[],
  groups: readonly GroupTone[],
): readonly ToneCount[] {
  const risks = new Map(groups.map((group) => [groupKey(group), group.tone]));
  const counts = new Map<string, ToneCount>();
  for (const each of alike) {
    const { reach, fresh, reboot, hostCount } = each;
    const risk = risks.get(groupKey(each)) ?? "unknown";
    const key = `${reach} ${fresh} ${reboot} ${risk}`;
    const hosts = (counts.get(key)?.hosts ?? 0) + hostCount;
    counts.set(key, { reach, fresh, reboot, risk, hosts });
  }
  return [...counts.values()];
}

/** Names a group of equal hosts. */
export function groupKey(of: Pick<CountedHosts, "setId" | "kernelRunning" | "marks">): string {
  return `${of.setId} ${of.kernelRunning ?? ""} ${of.marks ?? ""}`;
}

export interface ListedHost {
  readonly id: HostId;
  readonly setId: number | null;
  readonly kernelRunning: string | null;
  readonly marks: string;
}

export async function pageOfHosts(
  reader: Reader,
  filter: HostListFilter,
  page: { readonly afterName: string; readonly skip: number; readonly limit: number },
): Promise<readonly ListedHost[]> {
  const wanted = Object.entries(filter.tones).flatMap(([respect, tones]) =>
    tones === undefined
      ? []
      : [sql`${toneSql(respect as Respect, filter)} = any(${[...tones]}::text[])`],
  );
  // The page is cut first, so that only its own hosts are looked up in the other tables.
  const { rows } = await sql<ListedHost>`
    with page as materialized (
      select h.id, h.num, h.name, h.kernel_running, h.filter_marks
        from ${filter.tones.risk === undefined ? sql`host h` : hostsWithRisk(filter)}
       where ${sql.join([isAsked(filter), ...wanted], sql` and `)} and h.name > ${page.afterName}
       order by h.name offset ${page.skip} limit ${page.limit}
    )
    select h.id, s.set_id as "setId", h.kernel_running as "kernelRunning",
           h.filter_marks as marks
      from page h left join host_set s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
     order by h.name`.execute(reader);
  return rows;
}

/** The group of one host; null while nothing is known of its packages. */
export async function groupOfHost(
  reader: Reader,
  host: HostId,
): Promise<(Pick<CountedHosts, "kernelRunning" | "marks"> & { readonly setId: number }) | null> {
  const { rows } = await sql<{ setId: number; kernelRunning: string | null; marks: string }>`
    select s.set_id as "setId", h.kernel_running as "kernelRunning", h.filter_marks as marks
      from host h join host_set s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
     where h.id = ${host}`.execute(reader);
  return rows[0] ?? null;
}

const hostsWithSets = sql`host h
      left join host_set s on s.host_num = h.num
        and s.observed_to is null and s.recorded_to is null`;

function hostsWithRisk(filter: HostListFilter): RawBuilder<unknown> {
  return sql`${hostsWithSets}
      left join unnest(${`{${filter.groups.map((group) => group.setId).join(",")}}`}::integer[],
                       ${filter.groups.map((group) => group.kernelRunning ?? "")}::text[],
                       ${filter.groups.map((group) => group.marks ?? "")}::text[],
                       ${filter.groups.map((group) => group.tone)}::text[])
        as g (set_id, kernel, marks, tone)
        on g.set_id = s.set_id and g.kernel = coalesce(h.kernel_running, '')
          and g.marks = h.filter_marks`;
}

function isAsked(filter: HostsAsked): RawBuilder<boolean> {
  const text = filter.text.toLowerCase();
  const parts = [
    sql`h.removed_at is null`,
    scopeSql(filter.scopes, "h.labels"),
    ...filter.selectors.map((selector) => selectorSql(selector, "h.labels")),
  ];
  if (text !== "") {
    // Each thing that is looked through is a line, so that no text matches across two of them.
    const isOneLine = !text.includes("\n");
    parts.push(isOneLine ? sql`strpos(h.search_text, ${text}) > 0` : sql`false`);
  }
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

function toneSql(respect: Respect, filter: Pick<HostsAsked, "now">): RawBuilder<string> {
  switch (respect) {
    case "reach":
      return sql`case h.contact_state when 'reachable' then 'good'
        when 'unreachable' then 'bad' else 'unknown' end`;
    case "fresh":
      return sql`case when h.inspected_at is null then 'unknown'
        when h.inspected_at >= ${sqlInstant(filter.now - FRESH_MS)} then 'good'
        else 'attention' end`;
    case "reboot":
      return sql`h.reboot_tone`;
    case "risk":
      return sql`coalesce(g.tone, 'unknown')`;
  }
}
