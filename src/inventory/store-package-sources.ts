import { sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { PackageSource, SourceAssessment } from "./package-source.ts";
import { scopeSql } from "./scope.ts";
import { type KeyRow, keyColumns, keyOf } from "./store-source-keys.ts";

interface Row extends Omit<PackageSource, "assessment" | "key">, Partial<SourceAssessment> {
  readonly uri: string;
  readonly suite: string;
  readonly key: KeyRow | null;
}

/** Every source of the hosts within the scopes, with what was decided about it; by address and suite. */
export async function loadPackageSources(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly PackageSource[]> {
  const { rows } = await sql<Row>`
    with had as (
      select s ->> 'uri' as uri, s ->> 'suite' as suite, s ->> 'components' as components,
             h.num, not (s ->> 'isSigned')::boolean and s ->> 'components' <> '?' as is_open,
             (s ->> 'isSigned')::boolean
               and not coalesce((s ->> 'isIndexSigned')::boolean, false) as is_unsigned_index
        from host h cross join lateral jsonb_array_elements(h.facts -> 'sources') s
       where h.removed_at is null and ${scopeSql(scopes, "h.labels")}),
    counted as (
      select uri, suite, array_agg(distinct components) as components,
             count(distinct num)::int as hosts,
             (count(distinct num) filter (where is_open))::int as "unauthenticatedHosts",
             (count(distinct num) filter (where is_unsigned_index))::int as "unsignedIndexHosts"
        from had group by uri, suite)
    select c.*, a.trust, a.kind, a.reason, a.assessed_by as "assessedBy",
           a.assessed_at as "assessedAt",
           case when k.uri is not null then ${keyColumns} end as key
      from counted c left join package_source_assessment a using (uri, suite)
      left join package_source_key k using (uri, suite)
     order by c.uri collate "C", c.suite collate "C"`.execute(reader);
  return rows.map(sourceOf);
}

function sourceOf(row: Row): PackageSource {
  const { uri, suite, hosts, unauthenticatedHosts, unsignedIndexHosts, ...rest } = row;
  const components = row.components.flatMap((several) => several.split(/[ ,]+/));
  const { trust, kind, reason, key, assessedBy, assessedAt } = rest;
  const isAssessed = trust != null && kind != null && assessedBy != null && assessedAt != null;
  return {
    ...{ uri, suite, hosts, unauthenticatedHosts, unsignedIndexHosts },
    components: [...new Set(components)].sort(),
    assessment: isAssessed
      ? { uri, suite, trust, kind, reason: reason ?? "", assessedBy, assessedAt }
      : null,
    key: key === null ? null : keyOf(key),
  };
}

export async function saveAssessment(tx: Tx, of: SourceAssessment): Promise<void> {
  await sql`
    insert into package_source_assessment
      (uri, suite, trust, kind, reason, assessed_by, assessed_at)
    values (${of.uri}, ${of.suite}, ${of.trust}, ${of.kind}, ${of.reason}, ${of.assessedBy},
            ${sqlInstant(of.assessedAt)})
    on conflict (uri, suite) do update set trust = excluded.trust, kind = excluded.kind,
      reason = excluded.reason, assessed_by = excluded.assessed_by,
      assessed_at = excluded.assessed_at`.execute(tx);
}
