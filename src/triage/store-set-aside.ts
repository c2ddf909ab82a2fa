import { type RawBuilder, sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import { filtersOf } from "../intel/filter.ts";
import { loadVexClaims } from "../intel/store-vex.ts";
import { hostsAt } from "../inventory/store-as-of.ts";

/** A finding that a filter sets aside on hosts with these marks: it gets no date there. */
export interface SetAside {
  readonly vulnerability: string;
  readonly packageId: number;
  readonly marks: string;
}

/** Everything that is set aside now, or was then. Marks are few: hosts that filters cannot tell apart share them. */
export async function loadSetAside(reader: Reader, asOf?: Instant): Promise<readonly SetAside[]> {
  const claims = await loadVexClaims(reader, asOf);
  if (claims.length === 0) return [];
  const { rows } = await sql<{ marks: string }>`
    select distinct filter_marks as marks from ${hostsAt(asOf)} h where removed_at is null`.execute(
    reader,
  );
  const filters = filtersOf(claims);
  const spoken = new Map(
    claims.map((claim) => [`${claim.packageId} ${claim.vulnerability}`, claim]),
  );
  return [...spoken.values()].flatMap(({ vulnerability, packageId }) =>
    rows
      .filter(
        ({ marks }) => filters.get(vulnerability)?.(packageId, { marks })?.isSetAside === true,
      )
      .map(({ marks }) => ({ vulnerability, packageId, marks })),
  );
}

/** As rows of a query: vulnerability, package_id, marks. */
export function setAsideRows(aside: readonly SetAside[]): RawBuilder<unknown> {
  return sql`select * from unnest(
    ${aside.map(({ vulnerability }) => vulnerability)}::text[],
    ${aside.map(({ packageId }) => packageId)}::integer[],
    ${aside.map(({ marks }) => marks)}::text[]) as rows (vulnerability, package_id, marks)`;
}
