import { sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import type { ReadSources } from "../inventory/signed-proof.ts";
import { readingSources, readOfHost, readSourcesOf } from "../inventory/store-signed-packages.ts";

/** Hosts of a plan with one body whose sources are alike, as the register has them now. */
export interface SourcesOfBody {
  readonly body: Digest;
  readonly read: ReadSources;
  /** Their sources that people blocked, and those that failed this server's check. */
  readonly distrusted: readonly string[];
  readonly hosts: number;
  /** The first of them by name. */
  readonly name: string;
}

const stateSchema = z.object({
  read: z.array(z.object({ num: z.number(), archs: z.array(z.string()).nullable() })),
  sources: z.number(),
});

/** None where nobody ever pinned or blocked a source: then no host need be looked at. */
export async function loadSourcesOfPlan(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly SourcesOfBody[]> {
  const { rows } = await sql<Omit<SourcesOfBody, "read"> & { state: unknown }>`
    with reading as materialized (${readingSources}),
    bad as materialized (
      select uri, suite, jsonb_build_object('uri', uri, 'suite', suite) as source
        from package_source_assessment where trust = 'blocked'
      union select uri, suite, jsonb_build_object('uri', uri, 'suite', suite)
        from package_source_key where state = 'refused')
    select l.body, s.state, d.distrusted, count(*)::int as hosts, min(h.name) as name
      from plan_leaf l join host h on h.id = l.host
      cross join lateral (select ${readOfHost} as state) s
      cross join lateral (
        select coalesce(array_agg(b.uri || ' ' || b.suite order by b.uri, b.suite), '{}')
               as distrusted
          from bad b where h.facts -> 'sources' @> jsonb_build_array(b.source)) d
     where l.plan = ${plan} and h.facts is not null
       and (exists (select from reading) or exists (select from bad))
     group by 1, 2, 3 order by 5`.execute(reader);
  return rows.map(({ state, ...row }) => ({
    ...row,
    read: readSourcesOf(stateSchema.parse(state)),
  }));
}
