import { sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import type { HostWay } from "./model.ts";
import type { KnownWays } from "./own-way.ts";
import { scopeSql } from "./scope.ts";

/** What is known of ways within the scopes, and of machines outside that any of these ways may mean. */
export async function loadKnownWays(
  reader: Reader,
  scopes: readonly Selector[],
  ways: readonly HostWay[],
): Promise<KnownWays> {
  const ssh = ways.filter((way) => way.kind === "ssh");
  const files = await sql<{ file: string | null }>`
    select distinct h.way ->> 'identityFile' as file from host h
     where h.way ->> 'kind' = 'ssh' and ${scopeSql(scopes, "h.labels")}`.execute(reader);
  const foreign = await sql<KnownWays["foreign"][number]>`
    select h.way ->> 'address' as address, (h.way ->> 'port')::integer as port,
           h.way -> 'hostKeys' as "hostKeys"
      from host h
     where h.removed_at is null and h.way ->> 'kind' = 'ssh'
       and not ${scopeSql(scopes, "h.labels")}
       and (h.way ->> 'address' = any(${ssh.map((way) => way.address)}::text[])
         or exists (select from jsonb_array_elements_text(h.way -> 'hostKeys') as k (line)
                     where k.line = any(${ssh.flatMap((way) => way.hostKeys)}::text[])))
    `.execute(reader);
  return { ownKeyFiles: files.rows.map((row) => row.file), foreign: foreign.rows };
}
