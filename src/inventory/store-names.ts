import { sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "./scope.ts";

/** Enough to find the near ones among, and compared in milliseconds. */
const NAMES_MAX = 5_000;

/** Names of about the same length that begin alike, or that hold the text; within the scopes only. */
export async function loadSimilarNames(
  reader: Reader,
  text: string,
  scopes: readonly Selector[],
): Promise<readonly string[]> {
  const wanted = text.toLowerCase();
  const { rows } = await sql<{ name: string }>`
    select h.name from host h
     where h.removed_at is null and ${scopeSql(scopes, "h.labels")}
       and (position(${wanted} in h.name) > 0
            or (abs(length(h.name) - ${wanted.length}::integer) <= ${Math.ceil(wanted.length / 3)}
                and (left(h.name, 2) = left(${wanted}, 2)
                     or right(h.name, 2) = right(${wanted}, 2))))
     order by h.name limit ${NAMES_MAX}`.execute(reader);
  return rows.map((row) => row.name);
}
