import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlJson, type Tx } from "../db/database.ts";
import { runsSql } from "../intel/store-service-hosts.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Service } from "../inventory/service.ts";
import type { Impact } from "./impact.ts";

/** What a plan touches: kept when it was made, and what runs on its hosts now. */

const impactSchema: z.ZodType<Impact> = z.object({
  known: z.number(),
  unknown: z.number(),
  dependents: z.array(
    z.object({
      name: z.string(),
      hosts: z.number(),
      countMax: z.number(),
      first: z.array(z.object({ name: z.string(), hosts: z.number() })),
    }),
  ),
  reachedMax: z.number(),
  conffiles: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      state: z.enum(["changed", "missing"]),
      hosts: z.number(),
    }),
  ),
});

export async function insertImpact(tx: Tx, plan: PlanDigest, impact: Impact): Promise<void> {
  await sql`
    insert into plan_impact (plan, impact) values (${plan}, ${sqlJson(impact)})`.execute(tx);
}

/** Null for plans that were made before it was kept. */
export async function loadImpact(reader: Reader, plan: PlanDigest): Promise<Impact | null> {
  const { rows } = await sql<{ impact: unknown }>`
    select impact from plan_impact where plan = ${plan}`.execute(reader);
  return rows[0] === undefined ? null : impactSchema.parse(rows[0].impact);
}

interface OfPlan {
  readonly plan: PlanDigest;
  readonly scopes: readonly Selector[];
}

/** The hosts of a plan that somebody may see, as `plan_leaf l join host h`. */
function hostsOf({ plan, scopes }: OfPlan): RawBuilder<unknown> {
  return sql`plan_leaf l join host h
    on h.id = l.host and l.plan = ${plan} and ${scopeSql(scopes, "h.labels")}`;
}

/** How many of its hosts take each body. */
export async function countBodies(
  reader: Reader,
  of: OfPlan,
): Promise<ReadonlyMap<Digest, number>> {
  const { rows } = await sql<{ body: Digest; hosts: number }>`
    select l.body, count(*) as hosts from ${hostsOf(of)} group by 1`.execute(reader);
  return new Map(rows.map(({ body, hosts }) => [body, hosts]));
}

/** Which pictures of what runs its hosts have; null where it is not known what runs there. */
export async function countRuntimes(
  reader: Reader,
  of: OfPlan,
): Promise<readonly { readonly set: number | null; readonly hosts: number }[]> {
  const { rows } = await sql<{ set: number | null; hosts: number }>`
    select r.set_id as set, count(*) as hosts
      from ${hostsOf(of)}
      left join host_runtime r on r.host_num = h.num
       and r.observed_to is null and r.recorded_to is null
     group by 1 order by 2 desc, 1`.execute(reader);
  return rows;
}

/** On how many of its hosts each of the services runs, by the services' numbers. */
export async function countServices(
  reader: Reader,
  of: OfPlan,
  services: readonly Pick<Service, "num" | "hosts">[],
): Promise<ReadonlyMap<number, number>> {
  if (services.length === 0) return new Map();
  const counts = services.map((service) => sql`count(*) filter (where ${runsSql(service)})::int`);
  const { rows } = await sql<{ hosts: readonly number[] }>`
    select array[${sql.join(counts)}] as hosts from ${hostsOf(of)}`.execute(reader);
  const hosts = rows[0]?.hosts ?? [];
  return new Map(services.map(({ num }, at) => [num, hosts[at] ?? 0]));
}
