import { sql } from "kysely";
import type { HostId, PlanDigest } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";

/** Which policy each host has, as far as this server wrote it or was given it. */

const newest = sql`
  select distinct on (e.host) e.host, e.ring, e.policy_digest as digest
    from host_enrolment e`;
const newestFirst = sql`order by e.host, e.enrolled_at desc, e.policy_version desc`;

export async function loadPolicyDigests(
  reader: Reader,
  hosts: readonly HostId[],
): Promise<ReadonlyMap<HostId, string>> {
  const { rows } = await sql<{ host: HostId; digest: string | null }>`
    select host, digest from (${newest} where e.host = any(${[...hosts]}::text[]) ${newestFirst}) n
  `.execute(reader);
  return new Map(rows.flatMap(({ host, digest }) => (digest === null ? [] : [[host, digest]])));
}

export interface PolicyGroup {
  readonly ring: string;
  /** Null where the policy was never here. */
  readonly digest: string | null;
  readonly hosts: number;
  /** The first few within the scopes, by name. */
  readonly names: readonly string[];
}

/** The enrolled hosts of a plan by ring and policy: few groups, however many hosts. */
export async function loadPolicyGroups(
  reader: Reader,
  plan: PlanDigest,
  scopes: readonly Selector[],
): Promise<readonly PolicyGroup[]> {
  const { rows } = await sql<PolicyGroup>`
    with known as (
      ${newest} join plan_leaf l on l.host = e.host and l.plan = ${plan} ${newestFirst}
    )
    select k.ring, k.digest, count(*)::int as hosts,
           coalesce((array_agg(h.name order by h.name)
             filter (where ${scopeSql(scopes, "h.labels")}))[1:3], '{}') as names
      from known k join host h on h.id = k.host
     group by k.ring, k.digest order by k.ring, k.digest`.execute(reader);
  return rows;
}

export async function loadHostPolicies(
  reader: Reader,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ digest: string; policy: string }>`
    select digest, policy from agent_policy where digest = any(${[...digests]}::text[])`.execute(
    reader,
  );
  return new Map(rows.map(({ digest, policy }) => [digest, policy]));
}
