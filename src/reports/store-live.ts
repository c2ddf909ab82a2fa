import { sql } from "kysely";
import { never } from "../base/failure.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { planInScope } from "../plan/store-hosts.ts";
import { patchInScope } from "../triage/scope.ts";

export type ObjectKind = "host" | "service" | "plan" | "change" | "rollout" | "scan" | "patch";

/** Those of the objects that have at least one host within the scopes. */
export async function visibleObjects(
  reader: Reader,
  of: {
    readonly kind: ObjectKind;
    readonly ids: readonly string[];
    readonly scopes: readonly Selector[];
  },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`${visibleSql(of)}`.execute(reader);
  return rows.map((row) => row.id);
}

function visibleSql(of: Parameters<typeof visibleObjects>[1]) {
  const { kind, scopes } = of;
  const ids = sql`${[...of.ids]}::text[]`;
  switch (kind) {
    case "host":
      return sql`select h.id from host h
        where h.id = any(${ids}) and ${scopeSql(scopes, "h.labels")}`;
    case "service":
      return sql`select s.id from service s
        where s.id = any(${ids}) and ${scopeSql(scopes, "s.labels")}`;
    case "plan":
      return sql`select p.digest as id from plan p
        where p.digest = any(${ids}) and ${planInScope("p.digest", scopes)}`;
    case "change":
      return sql`select c.id from change c
        where c.id = any(${ids}) and ${planInScope("c.plan", scopes)}`;
    case "rollout":
      return sql`select r.id from rollout r
        where r.id = any(${ids}) and ${planInScope("r.plan", scopes)}`;
    case "patch":
      return sql`select id from patch where id = any(${ids}) and ${patchInScope(scopes)}`;
    case "scan":
      return sql`select s.id from scan s where s.id = any(${ids}) and exists (
        select from scan_host sh join host h on h.id = sh.host_id
         where sh.scan_id = s.id and ${scopeSql(scopes, "h.labels")})`;
    default:
      return never(kind);
  }
}
