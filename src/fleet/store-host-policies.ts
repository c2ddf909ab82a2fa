import { sql } from "kysely";
import { z } from "zod";
import type { HostId, SubjectId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import { type Db, type Reader, sqlJson, type Tx } from "../db/database.ts";
import { millis } from "../identity/store.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Enrolment } from "./model.ts";
import type { SignedPolicy } from "./trust-frame.ts";

/** The chain of host policies, and how far each host has come in it. */
export interface PublishedPolicy extends SignedPolicy {
  readonly digest: string;
  readonly follows: string;
  readonly publishedBy: SubjectId;
  readonly publishedAt: number;
}

const rootsSchema = z.array(
  z.strictObject({ name: z.string(), side: z.enum(["old", "new"]), signature: z.string() }),
);

/** From a version on, one after the other. */
export async function loadHostPolicies(
  reader: Reader,
  of: { readonly from: number; readonly limit: number },
): Promise<readonly PublishedPolicy[]> {
  const { rows } = await sql<Omit<PublishedPolicy, "roots"> & { readonly roots: unknown }>`
    select version, policy as text, digest, follows, roots, published_by as "publishedBy",
           ${millis("published_at")} as "publishedAt"
      from host_policy where version >= ${of.from} order by version limit ${of.limit}`.execute(
    reader,
  );
  return rows.map((row) => ({ ...row, roots: rootsSchema.parse(row.roots) }));
}

export async function loadNewestVersion(reader: Reader): Promise<number | null> {
  const { rows } = await sql<{ version: number | null }>`
    select max(version) as version from host_policy`.execute(reader);
  return rows[0]?.version ?? null;
}

/** False where that version was published before; one publisher at a time. */
export async function insertHostPolicy(
  tx: Tx,
  of: Omit<PublishedPolicy, "publishedAt">,
): Promise<boolean> {
  await sql`lock table host_policy in share row exclusive mode`.execute(tx);
  const { numAffectedRows } = await sql`
    insert into host_policy (version, policy, digest, follows, roots, published_by)
    values (${of.version}, ${of.text}, ${of.digest}, ${of.follows}, ${sqlJson(of.roots)},
      ${of.publishedBy}) on conflict do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

/**
 * Every host whose policy this server did not write is to come as far as the newest version; piped
 * hosts get the server's own. A host that was set up anew since begins from what it was given then.
 */
export async function tellHosts(tx: Tx): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into host_policy_host (host, version)
    select e.host, e.policy_version from (
      select distinct on (e.host) e.host, e.way, e.policy_version
        from host_enrolment e join host h on h.id = e.host
       where h.removed_at is null order by e.host, e.enrolled_at desc, e.policy_version desc) e
     where e.way <> 'piped'
    on conflict (host) do update
       set outcome = 'waiting', next_at = now(),
           version = greatest(host_policy_host.version, excluded.version)`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

/**
 * A host that was enrolled now begins from the policy that it was given; where a newer one was published
 * it is told at once, as nobody publishes again for one newcomer. Piped hosts get the server's own.
 */
export async function tellEnrolledHost(
  tx: Tx,
  of: Pick<Enrolment, "host" | "way" | "policyVersion">,
): Promise<void> {
  if (of.way === "piped") return;
  await sql`
    insert into host_policy_host (host, version)
    select ${of.host}, ${of.policyVersion} where exists (select from host_policy)
    on conflict (host) do update
       set outcome = 'waiting', next_at = now(), tries = 0, version = excluded.version`.execute(tx);
}

export interface PolicyTelling {
  readonly host: HostId;
  readonly version: number;
  readonly tries: number;
}

/** Hosts that are to hear of something now; nobody else tells them for so long. */
export async function claimPolicyTellings(
  db: Db,
  of: { readonly countMax: number; readonly leaseSeconds: number },
): Promise<readonly PolicyTelling[]> {
  const { rows } = await sql<PolicyTelling>`
    update host_policy_host t set next_at = now() + make_interval(secs => ${of.leaseSeconds})
      from (select t.host from host_policy_host t join host h on h.id = t.host
             where t.outcome = 'waiting' and t.next_at <= now() and h.removed_at is null
             order by t.next_at limit ${of.countMax} for update of t skip locked) due
     where t.host = due.host returning t.host, t.version, t.tries`.execute(db);
  return rows;
}

export async function writePolicyTold(
  db: Db,
  of: {
    readonly host: HostId;
    readonly version: number;
    readonly outcome: "waiting" | "taken" | "refused";
    readonly code: string | null;
    readonly why: string | null;
    readonly againSeconds: number;
  },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update host_policy_host
       set version = ${of.version}, outcome = ${of.outcome}, code = ${of.code},
           why = ${of.why?.slice(0, 300) ?? null}, tries = tries + 1, tried_at = now(),
           next_at = now() + make_interval(secs => ${of.againSeconds})
     where host = ${of.host} and outcome = 'waiting'`.execute(db);
  return numAffectedRows === 1n;
}

export interface PolicyOfHost {
  readonly host: string;
  readonly version: number;
  readonly outcome: "waiting" | "taken" | "refused";
  readonly code: string | null;
  readonly why: string | null;
  readonly triedAt: number | null;
}

/** Within a person's labels; those who are not as far as they should be come first. */
export async function loadPolicyHosts(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly limit: number },
): Promise<readonly PolicyOfHost[]> {
  const { rows } = await sql<PolicyOfHost>`
    select h.name as host, t.version, t.outcome, t.code, t.why,
           ${millis("t.tried_at")} as "triedAt"
      from host_policy_host t join host h on h.id = t.host
     where h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}
     order by t.outcome = 'taken', h.name limit ${of.limit}`.execute(reader);
  return rows;
}
