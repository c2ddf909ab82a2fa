import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { SupportCycle } from "./feed-format.ts";
import { arrayText } from "./store-statement.ts";
import type { Written } from "./store-vulnerability.ts";
import type { End, SupportDates, SupportStrategy } from "./support.ts";

/** Support dates of products, and what was decided about those that run out. */
export async function writeCycles(
  tx: Tx,
  change: {
    readonly feed: string;
    readonly extent: "whole" | "part";
    readonly cycles: readonly SupportCycle[];
    readonly at: Instant;
  },
): Promise<Written> {
  const { feed, at } = change;
  const distinct = new Map(change.cycles.map((each) => [`${each.product}\n${each.cycle}`, each]));
  const rows = [...distinct.values()].map((each) => ({
    ...{ product: each.product, cycle: each.cycle, latest: each.latest },
    released: each.releasedAt,
    ...split("support", each.supportEnds),
    ...split("extended", each.extendedEnds),
  }));
  await sql`
    create temp table incoming_cycle on commit drop as
    select c ->> 'product' as product, c ->> 'cycle' as cycle,
           to_timestamp((c ->> 'released')::float8 / 1000) as released_at,
           to_timestamp((c ->> 'supportEnds')::float8 / 1000) as support_ends,
           (c ->> 'supportOver')::boolean as is_support_over,
           to_timestamp((c ->> 'extendedEnds')::float8 / 1000) as extended_ends,
           (c ->> 'extendedOver')::boolean as is_extended_over, c ->> 'latest' as latest
      from jsonb_array_elements(${sqlJson(rows)}) as c`.execute(tx);
  const isMeant =
    change.extent === "whole" ? sql`true` : sql`s.product in (select product from incoming_cycle)`;
  const ended = await sql`
    update support_cycle s set valid_to = ${sqlInstant(at)}
     where s.feed = ${feed} and s.valid_to is null and ${isMeant} and not exists (
      select from incoming_cycle i where i.product = s.product and i.cycle = s.cycle
         and (i.released_at, i.support_ends, i.is_support_over, i.extended_ends,
              i.is_extended_over, i.latest) is not distinct from
             (s.released_at, s.support_ends, s.is_support_over, s.extended_ends,
              s.is_extended_over, s.latest))`.execute(tx);
  const added = await sql`
    insert into support_cycle (feed, product, cycle, released_at, support_ends, is_support_over,
      extended_ends, is_extended_over, latest, valid_from)
    select ${feed}, i.*, ${sqlInstant(at)} from incoming_cycle i where not exists (
      select from support_cycle s where s.feed = ${feed} and s.product = i.product
         and s.cycle = i.cycle and s.valid_to is null)`.execute(tx);
  await sql`drop table incoming_cycle`.execute(tx);
  return { added: Number(added.numAffectedRows ?? 0), ended: Number(ended.numAffectedRows ?? 0) };
}

function split(name: "support" | "extended", end: End): Readonly<Record<string, End>> {
  return {
    [`${name}Ends`]: typeof end === "number" ? end : null,
    [`${name}Over`]: typeof end === "boolean" ? end : null,
  };
}

export interface StoredCycle extends SupportDates {
  readonly product: string;
  readonly cycle: string;
  readonly releasedAt: Instant | null;
  readonly latest: string;
  readonly feed: string;
}

interface CycleRow {
  product: string;
  cycle: string;
  feed: string;
  latest: string;
  releasedAt: number | null;
  supportEnds: number | null;
  isSupportOver: boolean | null;
  extendedEnds: number | null;
  isExtendedOver: boolean | null;
}

export async function loadCycles(
  reader: Reader,
  products: readonly string[],
): Promise<readonly StoredCycle[]> {
  const { rows } = await sql<CycleRow>`
    select product, cycle, feed, latest, released_at as "releasedAt",
           support_ends as "supportEnds", is_support_over as "isSupportOver",
           extended_ends as "extendedEnds", is_extended_over as "isExtendedOver"
      from support_cycle
     where valid_to is null and product = any(${[...products]}::text[])
     order by product, cycle`.execute(reader);
  return rows.map(({ isSupportOver, isExtendedOver, ...row }) => ({
    ...row,
    supportEnds: row.supportEnds ?? isSupportOver,
    extendedEnds: row.extendedEnds ?? isExtendedOver,
  }));
}

export interface NamedVersion {
  readonly id: number;
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly origin: string;
}

/** Names and versions of the packages that sets hold now, for telling products by them. */
export async function loadNamedVersions(
  reader: Reader,
  ids: readonly number[],
): Promise<readonly NamedVersion[]> {
  const { rows } = await sql<NamedVersion>`
    select id, ecosystem, name, version, origin from package
     where id = any(${arrayText(ids)}::integer[])`.execute(reader);
  return rows;
}

export async function loadSetEcosystems(
  reader: Reader,
  setIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ id: number; ecosystem: string }>`
    select id, ecosystem from package_set
     where id = any(${arrayText(setIds)}::integer[])`.execute(reader);
  return new Map(rows.map((row) => [row.id, row.ecosystem]));
}

export interface SetOwner {
  readonly setId: number;
  readonly team: string | null;
  readonly service: string | null;
  readonly hosts: number;
}

/** Who owns the hosts of each set, by their labels `team` (or `owner`) and `service`. */
export async function loadSetOwners(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly SetOwner[]> {
  const { rows } = await sql<SetOwner>`
    select s.set_id as "setId", coalesce(h.labels ->> 'team', h.labels ->> 'owner') as team,
           h.labels ->> 'service' as service, count(*)::integer as hosts
      from host h join host_set s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
     where h.removed_at is null and ${scopeSql(scopes, "h.labels")}
     group by 1, 2, 3`.execute(reader);
  return rows;
}

export async function loadHostsOfSets(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly setIds: readonly number[] },
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    select h.id, h.name from host h join host_set s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
     where h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}
       and s.set_id = any(${arrayText(of.setIds)}::integer[])
     order by h.name limit 500`.execute(reader);
  return rows;
}

export interface StrategyChoice {
  readonly id: string;
  readonly product: string;
  readonly cycle: string;
  readonly strategy: SupportStrategy;
  readonly owner: string;
  readonly reason: string;
  readonly dueAt: Instant;
  readonly decidedBy: string;
  readonly decidedAt: Instant;
  readonly endedAt: Instant | null;
}

const choiceColumns = sql`
  c.id, c.product, c.cycle, c.strategy, c.owner, c.reason, c.due_at as "dueAt",
  coalesce(s.handle, c.decided_by) as "decidedBy", c.decided_at as "decidedAt",
  c.ended_at as "endedAt"`;

/** Decisions in force, or the whole history of one release, the newest first. */
export async function loadChoices(
  reader: Reader,
  of?: { readonly product: string; readonly cycle: string },
): Promise<readonly StrategyChoice[]> {
  const isAsked =
    of === undefined
      ? sql`c.ended_at is null`
      : sql`c.product = ${of.product} and c.cycle = ${of.cycle}`;
  const { rows } = await sql<StrategyChoice>`
    select ${choiceColumns} from support_strategy c left join subject s on s.id = c.decided_by
     where ${isAsked} order by c.decided_at desc, c.id desc limit 5000`.execute(reader);
  return rows;
}

/** The new decision takes the place of the one before, which stays in the history. */
export async function insertChoice(tx: Tx, choice: Omit<StrategyChoice, "endedAt">): Promise<void> {
  const { product, cycle, decidedAt } = choice;
  await sql`
    update support_strategy set ended_at = ${sqlInstant(decidedAt)}
     where product = ${product} and cycle = ${cycle} and ended_at is null`.execute(tx);
  await sql`
    insert into support_strategy (id, product, cycle, strategy, owner, reason, due_at, decided_by,
      decided_at)
    values (${choice.id}, ${product}, ${cycle}, ${choice.strategy}, ${choice.owner},
      ${choice.reason}, ${sqlInstant(choice.dueAt)}, ${choice.decidedBy},
      ${sqlInstant(decidedAt)})`.execute(tx);
}
