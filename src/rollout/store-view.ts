import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { never } from "../base/failure.ts";
import type { HostId, PatchId, PlanDigest, RolloutId, SubjectId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader, Tx } from "../db/database.ts";
import { isEverywhere, scopeSql } from "../inventory/scope.ts";
import type { Exclusion } from "../plan/model.ts";
import { labelsOf } from "../plan/store-hosts.ts";
import type { TargetFacts } from "./explain.ts";
import type { Standing } from "./model.ts";
import { millis } from "./store-time.ts";

/** Targets as people see them. Hosts outside a reader's scopes are counted and never named. */
const targetColumns = sql`
  t.host, h.name, h.labels, h.facts ->> 'zone' as zone,
  (select ws.windows from plan_window_set ws join rollout o on o.plan = ws.plan
    where o.id = t.rollout and ws.number = t.window_set) as "ownWindows",
  t.wave, t.kind, t.state, t.is_begun as "isBegun", t.attempt, t.verdict, t.hold,
  ${millis(sql`t.retry_at`)} as "retryAt", ${millis(sql`t.trouble_since`)} as "troubleSince",
  t.step, t.result_code as "resultCode", t.way, t.evidence,
  case when t.claimed_at is not null or t.ended_at is not null then
    (select j.keys from job_result j join rollout o on o.plan = j.plan
      where o.id = t.rollout and j.host = t.host and j.is_applied and j.keys is not null
      order by j.counter desc limit 1) end as keys,
  ${millis(sql`t.ended_at`)} as "endedAt", s.is_quarantined as "isQuarantined",
  coalesce((select o.number from rollout o where o.id = s.rollout and o.id <> t.rollout),
           (select o.number from target u join rollout o on o.id = u.rollout
             where u.host = t.host and u.rollout <> t.rollout
               and u.is_checking limit 1)) as "busyWith"`;

const targetTables = sql`
  target t join host h on h.id = t.host join host_slot s on s.host = t.host`;

export interface TargetFilter {
  readonly rollout: RolloutId;
  readonly scopes: readonly Selector[];
  readonly wave?: number | undefined;
  readonly standing?: Standing | undefined;
  readonly hosts?: readonly HostId[] | undefined;
}

export async function loadTargets(
  reader: Reader,
  of: TargetFilter & {
    readonly after?: number | undefined;
    /** Rows to pass over; instead of `after`. */
    readonly skip?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly (TargetFacts & { readonly leafIndex: number })[]> {
  // The page is cut first, so that only its own rows are looked up in the other tables.
  const { rows } = await sql<TargetFacts & { leafIndex: number }>`
    with page as materialized (
      select t.rollout, t.host from target t ${labelsOf(of.scopes, "t.host")}
       where ${isListed(of)} and t.leaf_index > ${of.after ?? -1}
       order by t.leaf_index offset ${of.skip ?? 0} limit ${of.limit}
    )
    select ${targetColumns}, t.leaf_index as "leafIndex" from page
      join target t on t.rollout = page.rollout and t.host = page.host
      join host h on h.id = t.host join host_slot s on s.host = t.host
     order by t.leaf_index`.execute(reader);
  return rows;
}

export async function countListedTargets(reader: Reader, of: TargetFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from target t ${labelsOf(of.scopes, "t.host")}
     where ${isListed(of)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isListed(of: TargetFilter): RawBuilder<boolean> {
  const parts = [sql`t.rollout = ${of.rollout}`, scopeSql(of.scopes, "h.labels")];
  if (of.wave !== undefined) parts.push(sql`t.wave = ${of.wave}`);
  if (of.standing !== undefined) parts.push(standingSql(of.standing));
  if (of.hosts !== undefined) parts.push(sql`t.host = any(${[...of.hosts]}::text[])`);
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

export interface BusyElsewhere {
  /** The rollout that works on them now. */
  readonly number: number;
  readonly title: string;
  readonly hosts: number;
}

/** Hosts of this rollout that wait while another rollout has their one slot. */
export async function loadBusyElsewhere(
  reader: Reader,
  rollout: RolloutId,
  scopes: readonly Selector[],
): Promise<readonly BusyElsewhere[]> {
  const { rows } = await sql<BusyElsewhere>`
    select o.number, o.title, count(*) as hosts
      from host_slot s
      join rollout o on o.id = s.rollout
      join target t on t.rollout = ${rollout} and t.host = s.host and t.is_ready
      join host h on h.id = t.host
     where s.rollout is not null and s.rollout <> ${rollout} and ${scopeSql(scopes, "h.labels")}
     group by o.number, o.title order by o.number`.execute(reader);
  return rows;
}

/** `standingOf` of the model as a condition; a test holds the two together. */
export function standingSql(standing: Standing): RawBuilder<boolean> {
  const isEnded = sql`t.state in ('done', 'noop')`;
  switch (standing) {
    case "waiting":
      return sql<boolean>`t.state = 'ready'`;
    case "running":
      return sql<boolean>`t.state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying')`;
    case "unknown":
      return sql<boolean>`(t.state in ('unknown', 'lost') or (t.state = 'held' and t.is_begun))`;
    case "unreachable":
      return sql<boolean>`(t.state = 'held' and not t.is_begun
        and coalesce(t.hold ->> 'why' = 'host-unreachable', false))`;
    case "held":
      return sql<boolean>`(t.state = 'held' and not t.is_begun
        and coalesce(t.hold ->> 'why' <> 'host-unreachable', true))`;
    case "checking":
      return sql<boolean>`(${isEnded} and t.verdict is null)`;
    case "verified":
      return sql<boolean>`(${isEnded} and t.verdict = 'verified')`;
    case "applied-unverified":
      return sql<boolean>`(${isEnded} and t.verdict = 'unverified')`;
    case "failed":
      return sql<boolean>`t.state = 'failed'`;
    case "rolled-back":
      return sql<boolean>`t.state in ('rolled-back', 'reverted')`;
    case "skipped":
      return sql<boolean>`t.state = 'skipped'`;
    default:
      return never(standing);
  }
}

/**
 * A host of the rollout by id or name, also one that was removed from the inventory meanwhile: its
 * slot and its place in the gate stay until somebody says what became of it.
 */
export async function findHostOf(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly ref: string; readonly scopes: readonly Selector[] },
): Promise<{ readonly id: HostId; readonly name: string } | null> {
  const { rows } = await sql<{ id: HostId; name: string }>`
    select h.id, h.name from target t join host h on h.id = t.host
     where t.rollout = ${of.rollout} and (h.id = ${of.ref} or h.name = ${of.ref})
       and ${scopeSql(of.scopes, "h.labels")}
     order by h.id = ${of.ref} desc, h.removed_at desc nulls first limit 1`.execute(reader);
  return rows[0] ?? null;
}

/** The newest rollout of the patch that has this host, whatever its state. */
export async function findTarget(
  reader: Reader,
  of: { readonly host: HostId; readonly patch: PatchId },
): Promise<{ readonly rollout: RolloutId } | null> {
  const { rows } = await sql<{ rollout: RolloutId }>`
    select t.rollout from target t join rollout r on r.id = t.rollout
     where t.host = ${of.host} and r.patch = ${of.patch}
     order by r.number desc limit 1`.execute(reader);
  return rows[0] ?? null;
}

/** How many of its hosts lie within the scopes, and how many there are: its waves say that. */
export async function countTargets(
  reader: Reader,
  rollout: RolloutId,
  scopes: readonly Selector[],
): Promise<{ readonly inScope: number; readonly all: number }> {
  const all = sql`(select coalesce(sum(host_count), 0)::int from wave where rollout = ${rollout})`;
  const inScope = isEverywhere(scopes)
    ? all
    : sql`(select count(*) from target t join host h on h.id = t.host
            where t.rollout = ${rollout} and ${scopeSql(scopes, "h.labels")})`;
  const { rows } = await sql<{ inScope: number; all: number }>`
    select ${all} as all, ${inScope} as "inScope"`.execute(reader);
  return rows[0] ?? { inScope: 0, all: 0 };
}

/** The state of the target and the reason, for the host that asks: null when it is not ours. */
export async function loadAskedTarget(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly host: HostId },
): Promise<(TargetFacts & { readonly epoch: number }) | null> {
  const { rows } = await sql<TargetFacts & { epoch: number }>`
    select ${targetColumns}, t.epoch from ${targetTables}
     where t.rollout = ${of.rollout} and t.host = ${of.host}`.execute(reader);
  return rows[0] ?? null;
}

/** Hosts that hold a permit which has not run out: a halt does not reach them any more. */
export async function loadStillStarting(
  reader: Reader,
  rollout: RolloutId,
): Promise<{ readonly hosts: number; readonly until: number | null }> {
  const { rows } = await sql<{ hosts: number; until: number | null }>`
    select count(*) as hosts,
           ${millis(sql`max(p.issued_at + make_interval(secs => p.ttl_seconds))`)} as until
      from target t join job_permit p on p.host = t.host and p.rollout = t.rollout
     where t.is_busy and t.rollout = ${rollout} and t.state = 'permitted' and p.attempt = t.attempt
       and p.issued_at + make_interval(secs => p.ttl_seconds) > now()`.execute(reader);
  return rows[0] ?? { hosts: 0, until: null };
}

export interface Word {
  readonly verb: string;
  readonly by: SubjectId;
  readonly words: string;
  readonly at: number;
}

export async function insertWord(
  tx: Tx,
  said: { readonly id: string; readonly rollout: RolloutId } & Omit<Word, "at">,
): Promise<void> {
  await sql`
    insert into rollout_word (id, rollout, verb, said_by, words)
    values (${said.id}, ${said.rollout}, ${said.verb}, ${said.by}, ${said.words})`.execute(tx);
}

/** The newest words, oldest first. */
export async function loadWords(reader: Reader, rollout: RolloutId): Promise<readonly Word[]> {
  const { rows } = await sql<Word>`
    select verb, said_by as by, words, ${millis(sql`at`)} as at from rollout_word
     where rollout = ${rollout} order by at desc, id desc limit 50`.execute(reader);
  return rows.toReversed();
}

const exclusionSchema = z.looseObject({ why: z.string() });

/** Why the planner left this host out of the plan; null when it did not look at it or took it. */
export async function loadExclusion(
  reader: Reader,
  plan: PlanDigest,
  host: HostId,
): Promise<Exclusion | null> {
  const { rows } = await sql<{ because: unknown }>`
    select because from plan_excluded where plan = ${plan} and host = ${host}`.execute(reader);
  if (rows[0] === undefined) return null;
  // Written by the plan's own store from this very type; its words are made from `why`.
  return exclusionSchema.parse(rows[0].because) as unknown as Exclusion;
}
