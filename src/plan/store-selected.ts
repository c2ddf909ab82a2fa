import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { HostId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql, selectorSql } from "../inventory/scope.ts";
import { noSourcesRead } from "../inventory/signed-proof.ts";
import { readingSources, readOfHost, readSourcesOf } from "../inventory/store-signed-packages.ts";
import type { PatchTarget } from "../triage/model.ts";
import type { PlanHost } from "./model.ts";

/** A host that a plan looks at. */
export interface SelectedHost extends PlanHost {
  readonly isReachable: boolean;
}

const stateSchema = z.object({
  services: z.array(z.object({ unit: z.string(), state: z.string() })),
  held: z.array(z.string()),
  distribution: z.string(),
  release: z.string(),
  open: z.array(z.object({ uri: z.string(), suite: z.string() })),
  loose: z.array(z.object({ uri: z.string(), suite: z.string() })),
  blocked: z.array(
    z.object({ uri: z.string(), suite: z.string(), because: z.enum(["blocked", "refused"]) }),
  ),
  read: z.array(z.object({ num: z.number(), archs: z.array(z.string()).nullable() })),
  sources: z.number(),
});

type Row = Omit<SelectedHost, "services" | "held" | "os" | "distrusted" | "read"> & {
  readonly state: unknown;
};

/**
 * Every live host that the selector selects, for a plan. What runs on a host is read only where its
 * packages are of the case's source: the others are told of as not affected, by name.
 */
export async function loadSelectedHosts(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly selector: Selector;
    readonly target: PatchTarget;
    /** What must hold of `host h` beside that. */
    readonly also?: RawBuilder<boolean>;
  },
): Promise<readonly SelectedHost[]> {
  const { rows } = await sql<Row>`
    with touched as materialized (
      select distinct m.set_id from package p join package_set_member m on m.package_id = p.id
       where p.ecosystem = ${of.target.ecosystem} and p.source = ${of.target.source}),
    packages as materialized (
      select p.id, p.digest, t.set_id is not null as is_touched
        from package_set p left join touched t on t.set_id = p.id),
    blocked as materialized (
      select jsonb_build_object('uri', uri, 'suite', suite) as source, 'blocked' as because
        from package_source_assessment where trust = 'blocked'
      union all
      select jsonb_build_object('uri', uri, 'suite', suite), 'refused'
        from package_source_key where state = 'refused'),
    reading as materialized (${readingSources})
    select h.id, h.name, h.protocol_id as "protocolId", h.labels, h.mode,
           h.inspected_at as "inspectedAt", h.contact_state = 'reachable' as "isReachable",
           h.facts ->> 'zone' as zone, p.digest as "packageSet", o.digest as "offerSet",
           case when h.way ->> 'kind' in ('local', 'agent') then h.way ->> 'kind'
                when h.way ->> 'program' = 'piped' then 'piped' else 'ssh' end as way,
           case when p.is_touched and h.facts is not null then jsonb_build_object(
             'services', h.facts -> 'services', 'held', h.facts -> 'held',
             'distribution', h.facts -> 'distribution', 'release', h.facts -> 'release',
             'open', jsonb_path_query_array(h.facts,
               '$.sources[*] ? (@.isSigned == false && @.components != "?")'),
             'loose', jsonb_path_query_array(h.facts,
               '$.sources[*] ? (@.isSigned == true && !(@.isIndexSigned == true))'),
             'blocked', (
               select coalesce(jsonb_agg(b.source || jsonb_build_object('because', b.because)
                                         order by b.because, b.source), '[]')
                 from blocked b where h.facts -> 'sources' @> jsonb_build_array(b.source)))
             || ${readOfHost}
           end as state
      from host h
      left join host_set s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
      left join packages p on p.id = s.set_id
      left join host_offer u on u.host_num = h.num
       and u.observed_to is null and u.recorded_to is null
      left join offer_set o on o.id = u.set_id
     where h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}
       and ${selectorSql(of.selector, "h.labels")} and ${of.also ?? sql`true`}
     order by h.name`.execute(reader);
  return rows.map(selectedHost);
}

function selectedHost({ state, ...row }: Row): SelectedHost {
  if (state === null) {
    return { ...row, services: [], held: [], distrusted: [], read: noSourcesRead, os: "" };
  }
  const seen = stateSchema.parse(state);
  const active = seen.services.filter((service) => service.state === "active");
  return {
    ...row,
    services: active.map((service) => service.unit),
    held: seen.held,
    distrusted: [
      ...seen.open.map(({ uri, suite }) => ({ uri, suite, because: "unauthenticated" as const })),
      ...seen.loose.map(({ uri, suite }) => ({ uri, suite, because: "unsigned-index" as const })),
      ...seen.blocked,
    ],
    read: readSourcesOf(seen),
    os: `${seen.distribution} ${seen.release}`,
  };
}

/** Over `host h`: one of these. */
export function isOneOf(hosts: readonly HostId[]): RawBuilder<boolean> {
  return sql<boolean>`h.id = any(${[...hosts]}::text[])`;
}
