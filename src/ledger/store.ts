import { type RawBuilder, sql } from "kysely";
import type { Reader, Tx } from "../db/database.ts";
import { sqlJson } from "../db/database.ts";
import type { LedgerEvent } from "./model.ts";

export async function insertEvents(
  tx: Tx,
  events: readonly Omit<LedgerEvent, "index">[],
): Promise<void> {
  await sql`
    insert into event (id, type, actor, object, patch, change, plan, approved, facts, circumstances)
    select e.id, e.type, e.actor, e.object, e.patch, e.change, e.plan, e.approved, e.facts,
      e.circumstances
    from rows from (jsonb_to_recordset(${sqlJson(events)}) as (
      id text, type text, actor text, object text, patch text, change text, plan text,
      approved text, facts jsonb, circumstances jsonb)) with ordinality
      as e (id, type, actor, object, patch, change, plan, approved, facts, circumstances, place)
    order by e.place`.execute(tx);
}

export interface TimelineFilter {
  readonly object?: string | undefined;
  readonly host?: string | undefined;
  readonly patch?: string | undefined;
  readonly change?: string | undefined;
  readonly plan?: string | undefined;
  readonly actor?: string | undefined;
  readonly type?: string | undefined;
  /** Only events behind this one in the order asked for; the cursor of a page. */
  readonly after?: number | undefined;
  /** Rows to pass over; instead of `after`. */
  readonly skip?: number | undefined;
  readonly order?: "oldest" | "newest" | undefined;
  readonly limit?: number | undefined;
}

const TIMELINE_ROWS_MAX = 1_000;

/** Events in the order in which they were written; `place` is the cursor for the next page. */
export async function readTimeline(
  reader: Reader,
  filter: TimelineFilter,
): Promise<readonly (LedgerEvent & { readonly place: number })[]> {
  const isNewest = filter.order === "newest";
  const beyond = isNewest ? sql`<` : sql`>`;
  const isBehind =
    filter.after === undefined ? sql`true` : sql`e.inserted ${beyond} ${filter.after}`;
  const { rows } = await sql<LedgerEvent & { readonly place: number }>`
    select e.id, l.index, (extract(epoch from e.at) * 1000)::bigint as at, e.type, e.actor,
      e.object, e.patch, e.change, e.plan, e.approved, e.facts, e.circumstances,
      e.inserted as place
    from event e left join ledger_entry l on l.event = e.id
    where ${isAbout(filter)} and ${isBehind}
    order by e.inserted ${isNewest ? sql`desc` : sql`asc`}
    offset ${filter.skip ?? 0}
    limit ${Math.min(filter.limit ?? TIMELINE_ROWS_MAX, TIMELINE_ROWS_MAX)}`.execute(reader);
  return rows;
}

/** How many events the filter selects, whatever page is asked for. */
export async function countTimeline(reader: Reader, filter: TimelineFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from event e where ${isAbout(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isAbout(filter: TimelineFilter): RawBuilder<boolean> {
  const object = filter.object ?? (filter.host === undefined ? undefined : `host:${filter.host}`);
  const conditions = [
    sql`true`,
    ...(object === undefined ? [] : [sql`e.object = ${object}`]),
    ...(filter.patch === undefined ? [] : [sql`e.patch = ${filter.patch}`]),
    ...(filter.change === undefined ? [] : [sql`e.change = ${filter.change}`]),
    ...(filter.plan === undefined ? [] : [sql`e.plan = ${filter.plan}`]),
    ...(filter.actor === undefined ? [] : [sql`e.actor = ${filter.actor}`]),
    ...(filter.type === undefined ? [] : [sql`e.type = ${filter.type}`]),
  ];
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}
