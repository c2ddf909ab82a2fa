import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { selectorSql } from "../inventory/scope.ts";
import { packageColumns } from "../inventory/store-sets.ts";
import { type AsideContent, asideDigest, asideSchema, type KeptAside } from "./runtime-aside.ts";
import { arrayText } from "./store-statement.ts";

/** What the runtime policy sets aside, and which hosts it is set aside on. */
export interface LookedAtHosts {
  readonly setId: number;
  readonly runtimeId: number;
  /** A digit for each rule: whether its label expression selects these hosts. */
  readonly fits: string;
  readonly hosts: readonly number[];
  /** On how many of them something is set aside now. */
  readonly asideCount: number;
  readonly since: Instant;
  /** The oldest of their last looks. */
  readonly asOf: Instant;
}

/** The largest groups are judged; in a fleet where no two hosts are alike the rest stays as it is. */
const GROUPS_MAX = 2_000;

/** Hosts that were looked at since then, together where everything that is asked is equal. */
export async function loadLookedAt(
  reader: Reader,
  of: { readonly selectors: readonly Selector[]; readonly notBefore: Instant },
): Promise<readonly LookedAtHosts[]> {
  const fits = of.selectors.map(
    (selector) => sql`case when ${selectorSql(selector, "h.labels")} then '1' else '0' end`,
  );
  const { rows } = await sql<Omit<LookedAtHosts, "hosts"> & { hosts: string }>`
    select s.set_id as "setId", r.set_id as "runtimeId", concat(${sql.join(fits)}) as fits,
           string_agg(h.num::text, ',' order by h.num) as hosts,
           count(h.runtime_aside)::integer as "asideCount",
           max(r.observed_from) as since, min(h.inspected_at) as "asOf"
      from host h
      join host_set s on s.host_num = h.num and s.observed_to is null and s.recorded_to is null
      join host_runtime r on r.host_num = h.num
       and r.observed_to is null and r.recorded_to is null
     where h.removed_at is null and h.inspected_at >= ${sqlInstant(of.notBefore)}
     group by 1, 2, 3 order by count(*) desc, 1, 2, 3 limit ${GROUPS_MAX}`.execute(reader);
  return rows.map((row) => ({ ...row, hosts: row.hosts.split(",").map(Number) }));
}

export async function loadPackagesById(
  reader: Reader,
  ids: readonly number[],
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<StoredPackage>`
    select ${packageColumns} from package p
     where p.id = any(${arrayText(ids)}::integer[]) order by p.id`.execute(reader);
  return rows;
}

export async function hasAsides(reader: Reader): Promise<boolean> {
  const { rows } = await sql`
    select from host where runtime_aside is not null limit 1`.execute(reader);
  return rows.length > 0;
}

/** What is set aside on any host now. */
export async function loadAsides(reader: Reader): Promise<readonly KeptAside[]> {
  const { rows } = await sql<Omit<KeptAside, "content"> & { content: unknown }>`
    select id, created_at as since, content from runtime_aside a
     where exists (select from host h where h.runtime_aside = a.id)`.execute(reader);
  return rows.map((row) => ({ ...row, content: asideSchema.parse(row.content) }));
}

/** Hosts on which the same is set aside, by the picture of what runs that was judged. */
export interface MarkedHosts {
  readonly content: AsideContent;
  readonly runtimeId: number;
  readonly hosts: readonly number[];
}

/**
 * Sets aside on exactly these hosts what is named for each; returns on how many that is news. Where
 * another look came since it was judged, nothing follows from the one before.
 */
export async function markHosts(
  tx: Tx,
  marked: readonly MarkedHosts[],
  at: Instant,
): Promise<{ readonly setCount: number; readonly backCount: number }> {
  const rows: { host: number; aside: number; runtime: number }[] = [];
  for (const { content, runtimeId: runtime, hosts } of marked) {
    const aside = await asideId(tx, content, at);
    for (const host of hosts) rows.push({ host, aside, runtime });
  }
  const hosts = arrayText(rows.map(({ host }) => host));
  const asides = arrayText(rows.map(({ aside }) => aside));
  const runtimes = arrayText(rows.map(({ runtime }) => runtime));
  // Inspections lock the host first too: what is read below is what they left, or comes after this.
  await sql`
    select num from host where runtime_aside is not null or num = any(${hosts}::integer[])
     order by num for no key update`.execute(tx);
  const back = await sql`
    update host set runtime_aside = null
     where runtime_aside is not null and num <> all(${hosts}::integer[])`.execute(tx);
  const set = await sql`
    update host h set runtime_aside = m.aside
      from unnest(${hosts}::integer[], ${asides}::integer[], ${runtimes}::integer[])
        as m (host, aside, runtime)
      join host_runtime r on r.host_num = m.host and r.set_id = m.runtime
       and r.observed_to is null and r.recorded_to is null
     where h.num = m.host and h.runtime_aside is distinct from m.aside`.execute(tx);
  await sql`
    delete from runtime_aside a
     where not exists (select from host h where h.runtime_aside = a.id)`.execute(tx);
  return {
    setCount: Number(set.numAffectedRows ?? 0),
    backCount: Number(back.numAffectedRows ?? 0),
  };
}

async function asideId(tx: Tx, content: AsideContent, at: Instant): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into runtime_aside (digest, content, created_at)
    values (${asideDigest(content)}, ${sqlJson(content)}, ${sqlInstant(at)})
    on conflict (digest) do update set digest = excluded.digest returning id`.execute(tx);
  return rows[0]?.id ?? 0;
}
