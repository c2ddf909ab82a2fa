import { type RawBuilder, sql } from "kysely";
import type { PlanDigest } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import { type Db, type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { isEverywhere, scopeSql } from "../inventory/scope.ts";
import type { Revocation, Telling, Told, ToldOutcome } from "./revocation.ts";
import { millis } from "./store-time.ts";

/** Revocations, and which host has heard of each. */

const columns = sql`v.id, v.what, v.target, v.target_fingerprint as "targetFingerprint", v.change,
  v.signer, v.signer_class as class, v.key_line as "keyLine", v.document as text, v.signature,
  v.reason, v.by, ${millis(sql`v.at`)} as at`;

/** False when this key has revoked the same before. */
export async function insertRevocation(tx: Tx, of: Revocation): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into revocation (id, what, target, target_fingerprint, change, signer, signer_class,
      key_line, document, signature, reason, by, at)
    values (${of.id}, ${of.what}, ${of.target}, ${of.targetFingerprint}, ${of.change},
      ${of.signer}, ${of.class}, ${of.keyLine}, ${of.text}, ${of.signature}, ${of.reason},
      ${of.by}, ${sqlInstant(of.at)})
    on conflict (what, target, key_line) do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

/** How each host that still exists was set up last. */
const enrolled = sql`(
  select distinct on (e.host) e.host, e.way from host_enrolment e join host h on h.id = e.host
   where h.removed_at is null order by e.host, e.enrolled_at desc, e.policy_version desc)`;

/**
 * The hosts of a plan: those it names, those that joined by rule, and every host where it names none,
 * since any of them may have been given its leaf.
 */
export async function addPlanHosts(tx: Tx, revocation: string, plan: PlanDigest): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into revocation_host (revocation, host)
    select ${revocation}, e.host from ${enrolled} e
     where exists (select from plan_leaf l where l.plan = ${plan} and l.host = e.host)
        or exists (select from rollout r join target t on t.rollout = r.id
                    where r.plan = ${plan} and t.host = e.host)
        or exists (select from plan p where p.digest = ${plan}
                    and p.statement ~ '\nhosts rule ')`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

/** Every host whose policy this server did not write; piped hosts get the server's own next one. */
export async function addOwnedHosts(tx: Tx, revocation: string): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into revocation_host (revocation, host)
    select ${revocation}, e.host from ${enrolled} e where e.way <> 'piped'`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

export interface ListedRevocation extends Revocation {
  readonly changeNumber: number | null;
  readonly taken: number;
  readonly refused: number;
  readonly waiting: number;
}

/** A key belongs to no host, so only whoever reaches all of them sees its revocation whole. */
function inScope(scopes: readonly Selector[]): RawBuilder<boolean> {
  if (isEverywhere(scopes)) return sql<boolean>`true`;
  return sql<boolean>`exists (
    select from revocation_host sh join host h on h.id = sh.host
     where sh.revocation = v.id and ${scopeSql(scopes, "h.labels")})`;
}

export async function loadRevocations(
  reader: Reader,
  filter: {
    readonly scopes: readonly Selector[];
    readonly id?: string;
    readonly limit: number;
  },
): Promise<readonly ListedRevocation[]> {
  const { scopes, id, limit } = filter;
  const { rows } = await sql<ListedRevocation>`
    select ${columns}, c.number as "changeNumber", told.taken, told.refused, told.waiting
      from revocation v
      left join change c on c.id = v.change
      cross join lateral (
        select count(*) filter (where t.outcome = 'taken')::int as taken,
               count(*) filter (where t.outcome = 'refused')::int as refused,
               count(*) filter (where t.outcome = 'waiting')::int as waiting
          from revocation_host t join host h on h.id = t.host
         where t.revocation = v.id and h.removed_at is null
           and ${scopeSql(scopes, "h.labels")}) told
     where ${inScope(scopes)} and ${id === undefined ? sql`true` : sql`v.id = ${id}`}
     order by v.at desc, v.id desc limit ${limit}`.execute(reader);
  return rows;
}

export interface ToldHost extends Told {
  readonly name: string;
  readonly outcome: ToldOutcome;
  readonly tries: number;
  readonly triedAt: number | null;
  readonly nextAt: number;
}

/** Those who do not have it come first. */
export async function loadToldHosts(
  reader: Reader,
  of: {
    readonly revocation: string;
    readonly scopes: readonly Selector[];
    readonly limit: number;
  },
): Promise<readonly ToldHost[]> {
  const { rows } = await sql<ToldHost>`
    select h.name, t.outcome, t.code, t.why, t.tries,
           ${millis(sql`t.tried_at`)} as "triedAt", ${millis(sql`t.next_at`)} as "nextAt"
      from revocation_host t join host h on h.id = t.host
     where t.revocation = ${of.revocation} and h.removed_at is null
       and ${scopeSql(of.scopes, "h.labels")}
     order by t.outcome = 'taken', h.name limit ${of.limit}`.execute(reader);
  return rows;
}

/** What a host is told, as the frame needs it. */
export async function loadRevocation(reader: Reader, id: string): Promise<Revocation | null> {
  const { rows } = await sql<Revocation>`
    select ${columns} from revocation v where v.id = ${id}`.execute(reader);
  return rows[0] ?? null;
}

/** Hosts that are to hear of something now; nobody else tells them for so long. */
export async function claimTellings(
  db: Db,
  of: { readonly countMax: number; readonly leaseSeconds: number },
): Promise<readonly Telling[]> {
  const { rows } = await sql<Telling>`
    update revocation_host t set next_at = now() + make_interval(secs => ${of.leaseSeconds})
      from (select t.revocation, t.host
              from revocation_host t join host h on h.id = t.host
             where t.outcome = 'waiting' and t.next_at <= now() and h.removed_at is null
             order by t.next_at limit ${of.countMax} for update of t skip locked) due
     where t.revocation = due.revocation and t.host = due.host
    returning t.revocation, t.host, t.tries`.execute(db);
  return rows;
}

/** False when another server has heard the host's answer by now. */
export async function writeTold(
  tx: Tx,
  of: { readonly telling: Telling; readonly told: Told; readonly againSeconds: number },
): Promise<boolean> {
  const { telling, told } = of;
  const { numAffectedRows } = await sql`
    update revocation_host
       set outcome = ${told.outcome}, code = ${told.code}, why = ${told.why?.slice(0, 300) ?? null},
           tries = tries + 1, tried_at = now(),
           next_at = now() + make_interval(secs => ${of.againSeconds})
     where revocation = ${telling.revocation} and host = ${telling.host}
       and outcome = 'waiting'`.execute(tx);
  return numAffectedRows === 1n;
}

/** Has every host of these scopes that has not taken it told again at once; returns how many. */
export async function tellAllAgain(
  tx: Tx,
  of: { readonly revocation: string; readonly scopes: readonly Selector[] },
): Promise<number> {
  const { numAffectedRows } = await sql`
    update revocation_host t set outcome = 'waiting', next_at = now()
      from host h
     where h.id = t.host and t.revocation = ${of.revocation} and t.outcome <> 'taken'
       and h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}`.execute(tx);
  return Number(numAffectedRows ?? 0);
}
