import { type RawBuilder, sql } from "kysely";
import { DAY_MS, type Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { sqlInstant } from "../db/database.ts";
import { exposedStates } from "../intel/model.ts";
import { scopeSql } from "../inventory/scope.ts";
import { type KevDays, type PairDays, type SetDays, TREND_DAYS } from "./trend.ts";

/**
 * Histories by the day. A day is told as it stood at its end in UTC, the last one as it stands now.
 * `first` is the end of the oldest day.
 */
export function firstDayEnd(now: Instant): Instant {
  const tomorrow = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
  return tomorrow - (TREND_DAYS - 1) * DAY_MS;
}

/** The first day at whose end the moment was past; null of a column is the end of time. */
function dayOf(moment: RawBuilder<unknown>, first: Instant): RawBuilder<number> {
  return sql<number>`least(${TREND_DAYS}, greatest(0, coalesce(ceil(
    date_part('epoch', ${moment} - ${sqlInstant(first)}) / 86400), ${TREND_DAYS})))::int`;
}

export async function loadSetDays(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly first: Instant },
): Promise<readonly SetDays[]> {
  const ended = sql`least(s.observed_to, h.removed_at)`;
  const { rows } = await sql<SetDays>`
    select s.set_id as "setId", ${dayOf(sql`s.observed_from`, of.first)} as "from",
           ${dayOf(ended, of.first)} as "to", count(*) as hosts
      from host_set s join host h on h.num = s.host_num
     where s.recorded_to is null and ${scopeSql(of.scopes, "h.labels")}
       and (${ended} is null or ${ended} > ${sqlInstant(of.first)})
     group by 1, 2, 3 order by 1, 2, 3`.execute(reader);
  return rows;
}

export async function loadPairDays(reader: Reader, first: Instant): Promise<readonly PairDays[]> {
  const { rows } = await sql<PairDays>`
    select package_id as "packageId", vulnerability, ${dayOf(sql`valid_from`, first)} as "from",
           ${dayOf(sql`valid_to`, first)} as "to"
      from finding_pair
     where state = any(${[...exposedStates]}::text[])
       and (valid_to is null or valid_to > ${sqlInstant(first)})`.execute(reader);
  return rows;
}

export async function loadKevDays(reader: Reader, first: Instant): Promise<readonly KevDays[]> {
  const { rows } = await sql<KevDays>`
    select id as vulnerability, ${dayOf(sql`valid_from`, first)} as "from",
           ${dayOf(sql`valid_to`, first)} as "to"
      from kev where valid_to is null or valid_to > ${sqlInstant(first)}`.execute(reader);
  return rows;
}

/** The day on which the first feed of statements was loaded; later than all days when none was. */
export async function loadKnownFrom(reader: Reader, first: Instant): Promise<number> {
  const { rows } = await sql<{ day: number }>`
    select ${dayOf(sql`min(g.loaded_at)`, first)} as day
      from feed_generation g
     where exists (select from statement_group s where s.feed = g.feed)`.execute(reader);
  return rows[0]?.day ?? TREND_DAYS;
}
