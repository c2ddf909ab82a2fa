import { type RawBuilder, sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { isEverywhere, scopeSql } from "../inventory/scope.ts";

/**
 * Cases have no labels; they belong to whoever has one of their hosts: a host that has the package now,
 * or one that a plan of the case names. Whoever sees every host pays nothing for asking.
 */

/** What the server itself and its loops see. */
export const EVERYWHERE: readonly Selector[] = [[]];

/** Columns, or values, that say which source package is meant. */
interface SourceSql {
  readonly ecosystem: RawBuilder<unknown>;
  readonly source: RawBuilder<unknown>;
}

/** True where a host within the scopes has packages of this source now. */
export function sourceInScope(of: SourceSql, scopes: readonly Selector[]): RawBuilder<boolean> {
  if (isEverywhere(scopes)) return sql<boolean>`true`;
  return sql<boolean>`exists (
    select from package sp join package_set_member sm on sm.package_id = sp.id
      join host_now sn on sn.package_set_id = sm.set_id
     where sp.ecosystem = ${of.ecosystem} and sp.source = ${of.source}
       and ${scopeSql(scopes, "sn.labels")})`;
}

/** True for rows of the table `patch` that have a host within the scopes. */
export function patchInScope(scopes: readonly Selector[]): RawBuilder<boolean> {
  if (isEverywhere(scopes)) return sql<boolean>`true`;
  const target = { ecosystem: sql.ref("patch.ecosystem"), source: sql.ref("patch.source") };
  return sql<boolean>`(${sourceInScope(target, scopes)} or exists (
    select from plan sl join plan_leaf ll on ll.plan = sl.digest join host lh on lh.id = ll.host
     where sl.patch = patch.id and ${scopeSql(scopes, "lh.labels")}))`;
}

/** Those of the plans that have a host within the scopes. */
export async function plansInScope(
  reader: Reader,
  plans: readonly string[],
  scopes: readonly Selector[],
): Promise<ReadonlySet<string>> {
  if (isEverywhere(scopes) || plans.length === 0) return new Set(plans);
  const { rows } = await sql<{ plan: string }>`
    select distinct l.plan from plan_leaf l join host h on h.id = l.host
     where l.plan = any(${[...plans]}::text[]) and ${scopeSql(scopes, "h.labels")}`.execute(reader);
  return new Set(rows.map(({ plan }) => plan));
}

/** Live hosts that have packages of this source, and how many of them are outside the scopes. */
export async function hostsOutside(
  reader: Reader,
  of: { readonly ecosystem: string; readonly source: string },
  scopes: readonly Selector[],
): Promise<number> {
  if (isEverywhere(scopes)) return 0;
  const { rows } = await sql<{ hosts: number }>`
    select count(distinct n.id)::int as hosts
      from package p join package_set_member m on m.package_id = p.id
      join host_now n on n.package_set_id = m.set_id
     where p.ecosystem = ${of.ecosystem} and p.source = ${of.source}
       and not ${scopeSql(scopes, "n.labels")}`.execute(reader);
  return rows[0]?.hosts ?? 0;
}
