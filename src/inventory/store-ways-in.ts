import { sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { HostWay } from "./model.ts";
import { scopeSql } from "./scope.ts";
import type { WayIn, WayProof, WaysText } from "./ways-in.ts";

/** The newest report of each host about who else may become root there. */
export interface SeenWays extends WaysText {
  readonly proof: WayProof;
  readonly problem: string | null;
  readonly found: readonly WayIn[];
}

export interface KeptWays extends SeenWays {
  readonly at: Instant;
  /** Since when it says the same. */
  readonly since: Instant;
}

/** Whether it says something else than the report before it; the first one does. */
export async function keepWaysIn(
  tx: Tx,
  host: HostId,
  seen: SeenWays & { readonly at: Instant },
): Promise<boolean> {
  const at = sqlInstant(seen.at);
  const { rows } = await sql<{ isNew: boolean }>`
    with before as (select found, proof from host_ways_in where host = ${host}),
    written as (
      insert into host_ways_in (host, at, text, signature, proof, problem, found, since)
      values (${host}, ${at}, ${seen.text}, ${seen.signature}, ${seen.proof}, ${seen.problem},
              ${sqlJson(seen.found)}, ${at})
      on conflict (host) do update
         set at = excluded.at, text = excluded.text, signature = excluded.signature,
             problem = excluded.problem, found = excluded.found, proof = excluded.proof,
             since = case when host_ways_in.found = excluded.found
                           and host_ways_in.proof = excluded.proof
                          then host_ways_in.since else excluded.since end
      returning found, proof)
    select not exists (select from before b where b.found = w.found and b.proof = w.proof) as "isNew"
      from written w`.execute(tx);
  return rows[0]?.isNew ?? false;
}

/** Null: the host has never said. */
export async function loadWaysIn(reader: Reader, host: HostId): Promise<KeptWays | null> {
  const { rows } = await sql<KeptWays>`
    select w.text, w.signature, w.proof, w.problem, w.found,
           (extract(epoch from w.at) * 1000)::bigint as at,
           (extract(epoch from w.since) * 1000)::bigint as since
      from host_ways_in w where w.host = ${host}`.execute(reader);
  return rows[0] ?? null;
}

export interface WaysOfHost {
  readonly name: string;
  readonly way: HostWay;
  /** Null: it has never said. */
  readonly proof: WayProof | null;
  readonly found: readonly WayIn[];
}

/** All hosts within the scopes that Fettle may change, by name. */
export async function loadWaysOfHosts(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly limit: number },
): Promise<readonly WaysOfHost[]> {
  const { rows } = await sql<WaysOfHost>`
    select h.name, h.way, w.proof, coalesce(w.found, '[]'::jsonb) as found
      from host h left join host_ways_in w on w.host = h.id
     where h.removed_at is null and h.mode = 'managed' and ${scopeSql(of.scopes, "h.labels")}
       and (w.host is null or w.proof <> 'signed' or w.found <> '[]'::jsonb)
     order by h.name limit ${of.limit}`.execute(reader);
  return rows;
}

/** How many hosts Fettle may change, within the scopes, and how many have said who else is root there. */
export async function countWaysIn(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<{ readonly hosts: number; readonly signed: number }> {
  const { rows } = await sql<{ hosts: number; signed: number }>`
    select count(*)::int as hosts, (count(*) filter (where w.proof = 'signed'))::int as signed
      from host h left join host_ways_in w on w.host = h.id
     where h.removed_at is null and h.mode = 'managed' and ${scopeSql(scopes, "h.labels")}`.execute(
    reader,
  );
  return rows[0] ?? { hosts: 0, signed: 0 };
}
