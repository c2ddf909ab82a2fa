import { sql } from "kysely";
import type { HostId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { Enrolment } from "./model.ts";

/** Which policy each host was given, and by whom. */

export async function insertEnrolment(
  tx: Tx,
  enrolment: Omit<Enrolment, "enrolledAt">,
): Promise<void> {
  await sql`
    insert into host_enrolment
      (host, policy_version, way, ring, policy_digest, key_line, enrolled_by)
    values (${enrolment.host}, ${enrolment.policyVersion}, ${enrolment.way}, ${enrolment.ring},
            ${enrolment.policyDigest}, ${enrolment.keyLine}, ${enrolment.enrolledBy})`.execute(tx);
}

export interface StoredEnrolment {
  readonly host: HostId;
  readonly way: Enrolment["way"];
  readonly ring: string;
  readonly policyVersion: number;
  /** Null where the policy was never here. */
  readonly policyDigest: string | null;
  readonly keyLine: string;
  readonly enrolledBy: SubjectId;
  readonly enrolledAt: number;
}

/** The newest enrolment of a host; null while it has none. */
export async function loadEnrolment(reader: Reader, host: HostId): Promise<StoredEnrolment | null> {
  const { rows } = await sql<StoredEnrolment>`
    select host, way, ring, policy_version as "policyVersion", policy_digest as "policyDigest",
           key_line as "keyLine", enrolled_by as "enrolledBy",
           floor(extract(epoch from enrolled_at) * 1000)::bigint as "enrolledAt"
      from host_enrolment where host = ${host}
     order by enrolled_at desc, policy_version desc limit 1`.execute(reader);
  return rows[0] ?? null;
}

export interface Enrolled {
  readonly piped: number;
  readonly installed: number;
  readonly none: number;
}

/** How the hosts of a plan are reached: what reports name when some of them weaken a property. */
export async function loadEnrolled(reader: Reader, plan: PlanDigest): Promise<Enrolled> {
  const { rows } = await sql<Enrolled>`
    with newest as (
      select distinct on (e.host) e.way
        from plan_leaf l join host_enrolment e on e.host = l.host
       where l.plan = ${plan}
       order by e.host, e.enrolled_at desc, e.policy_version desc
    ), enrolled as (
      select count(*) filter (where way = 'piped') as piped,
             count(*) filter (where way = 'installed') as installed, count(way) as "all"
        from newest
    )
    select e.piped, e.installed, p.host_count - e."all" as none
      from enrolled e, plan p where p.digest = ${plan}`.execute(reader);
  return rows[0] ?? { piped: 0, installed: 0, none: 0 };
}

/** A host that was buried or looked like a clone takes work again once it was enrolled anew. */
export async function liftQuarantine(tx: Tx, host: HostId): Promise<void> {
  await sql`update host_slot set is_quarantined = false where host = ${host}`.execute(tx);
}
