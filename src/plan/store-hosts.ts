import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { HostId, PlanDigest } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { distrustReasons } from "../inventory/package-source.ts";
import { isEverywhere, scopeSql } from "../inventory/scope.ts";
import type { Exclusion } from "./model.ts";

/** The hosts of plans as a person may see them: only those within the person's scopes. */
export interface PlanHostRow {
  readonly host: HostId;
  readonly name: string;
  readonly index: number;
  readonly wave: number;
  readonly ring: string;
  readonly body: Digest;
}

export interface PlanHostFilter {
  readonly plan: PlanDigest;
  readonly scopes: readonly Selector[];
  readonly wave?: number | undefined;
}

export async function loadPlanHosts(
  reader: Reader,
  filter: PlanHostFilter & {
    readonly after?: number | undefined;
    /** Rows to pass over; instead of `after`. */
    readonly skip?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly PlanHostRow[]> {
  const { rows } = await sql<PlanHostRow>`
    select l.host, h.name, l.index, l.wave, w.ring, l.body
      from plan_leaf l
      join host h on h.id = l.host
      join plan_wave w on w.plan = l.plan and w.number = l.wave
     where ${isListed(filter)} and l.index > ${filter.after ?? -1}
     order by l.index offset ${filter.skip ?? 0} limit ${filter.limit}`.execute(reader);
  return rows;
}

export async function countListedHosts(reader: Reader, filter: PlanHostFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from plan_leaf l ${labelsOf(filter.scopes, "l.host")}
     where ${isListed(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isListed(filter: PlanHostFilter): RawBuilder<boolean> {
  const wave = filter.wave === undefined ? sql`true` : sql`l.wave = ${filter.wave}`;
  return sql<boolean>`(l.plan = ${filter.plan} and ${wave}
    and ${scopeSql(filter.scopes, "h.labels")})`;
}

/** How many of a plan's hosts the scopes cover; how many there are stands in the plan itself. */
export async function countPlanHosts(
  reader: Reader,
  plan: PlanDigest,
  scopes: readonly Selector[],
): Promise<{ readonly inScope: number; readonly all: number }> {
  const inScope = isEverywhere(scopes)
    ? sql`p.host_count`
    : sql`(select count(*) from plan_leaf l join host h on h.id = l.host
            where l.plan = p.digest and ${scopeSql(scopes, "h.labels")})`;
  const { rows } = await sql<{ inScope: number; all: number }>`
    select ${inScope} as "inScope", p.host_count as "all"
      from plan p where p.digest = ${plan}`.execute(reader);
  return rows[0] ?? { inScope: 0, all: 0 };
}

/** The hosts, where counting needs their labels; a row's host always exists. */
export function labelsOf(scopes: readonly Selector[], host: string): RawBuilder<unknown> {
  return isEverywhere(scopes) ? sql`` : sql`join host h on h.id = ${sql.ref(host)}`;
}

/** True for rows whose plan (a column) has at least one host within the scopes. */
export function planInScope(plan: string, scopes: readonly Selector[]): RawBuilder<boolean> {
  if (isEverywhere(scopes)) return sql<boolean>`true`;
  return sql<boolean>`exists (
    select from plan_leaf sl join host sh on sh.id = sl.host
     where sl.plan = ${sql.ref(plan)} and ${scopeSql(scopes, "sh.labels")})`;
}

const distrustedSource = z.object({
  uri: z.string(),
  suite: z.string(),
  because: z.enum(distrustReasons),
});

const exclusionSchema: z.ZodType<Exclusion> = z.discriminatedUnion("why", [
  z.object({ why: z.literal("inspect-only") }),
  z.object({ why: z.literal("never-inspected") }),
  z.object({
    why: z.literal("stale-inventory"),
    inspectedAt: z.number(),
    ageSecondsMax: z.number(),
  }),
  z.object({ why: z.literal("not-affected") }),
  z.object({ why: z.literal("fix-not-offered"), source: z.string(), version: z.string() }),
  z.object({ why: z.literal("not-resolved"), problem: z.string() }),
  z.object({ why: z.literal("no-ring") }),
  z.object({ why: z.literal("held"), packages: z.array(z.string()) }),
  z.object({ why: z.literal("distrusted-source"), sources: z.array(distrustedSource) }),
  z.object({
    why: z.literal("not-authentic"),
    files: z.array(
      z.object({
        ...{ name: z.string(), arch: z.string(), version: z.string(), sha256: z.string() },
        ...{ because: z.enum(["differs", "unlisted", "unproven"]), by: z.string().nullable() },
      }),
    ),
  }),
  z.object({
    why: z.literal("too-young"),
    minimumAgeSeconds: z.number(),
    files: z.array(
      z.object({ name: z.string(), version: z.string(), firstSeen: z.number().nullable() }),
    ),
  }),
  z.object({
    why: z.literal("no-window"),
    until: z.number(),
    opensAt: z.number().nullable(),
    because: z.string(),
  }),
]);

export interface ExcludedRow {
  readonly host: HostId;
  readonly name: string;
  readonly because: Exclusion;
}

/** Excluded hosts by name; `after` is the last name of the page before. */
export async function loadExcluded(
  reader: Reader,
  filter: {
    readonly plan: PlanDigest;
    readonly scopes: readonly Selector[];
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly ExcludedRow[]> {
  const { rows } = await sql<ExcludedRow>`
    select e.host, h.name, e.because
      from plan_excluded e join host h on h.id = e.host
     where e.plan = ${filter.plan} and h.name collate "C" > ${filter.after ?? ""}
       and ${scopeSql(filter.scopes, "h.labels")}
     order by h.name collate "C" limit ${filter.limit}`.execute(reader);
  return rows.map((row) => ({ ...row, because: exclusionSchema.parse(row.because) }));
}

/** Excluded hosts by reason. */
export async function countExcluded(
  reader: Reader,
  plan: PlanDigest,
  scopes: readonly Selector[],
): Promise<readonly { readonly why: string; readonly hosts: number }[]> {
  const { rows } = await sql<{ why: string; hosts: number }>`
    select e.because ->> 'why' as why, count(*) as hosts
      from plan_excluded e ${labelsOf(scopes, "e.host")}
     where e.plan = ${plan} and ${scopeSql(scopes, "h.labels")}
     group by 1 order by 1`.execute(reader);
  return rows;
}
