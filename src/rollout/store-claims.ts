import { type RawBuilder, sql } from "kysely";
import type { ChangeId, HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { calendarNow } from "../calendar/actions.ts";
import type { Calendar } from "../calendar/model.ts";
import { isAlwaysOpen, mayStartNow } from "../calendar/scope.ts";
import { lockApproval } from "../change/store.ts";
import { type Db, inTransaction, type Tx } from "../db/database.ts";
import { pickWithin } from "./budget.ts";
import { CLAIM_BATCH_MAX, TALK_SECONDS } from "./engine.ts";
import type { JobKind } from "./model.ts";
import { approvalsAllow, witnessesAllow } from "./store-approvals.ts";
import { loadBudgetCandidates, loadRooms, lockBudgets } from "./store-budgets.ts";
import { type HaltScope, lockForStart } from "./store-halts.ts";
import { millis, walkKeys } from "./store-time.ts";

/**
 * Handing out work: ready targets joined with free slots, in batches, under the halt lock.
 *
 * Whether the work may start is asked in the claim's own statement, after the lock, so nothing can
 * change between the question and the commit. Claims of one rollout come one after the other, by a lock
 * of their own: whoever lost the ownership finds another epoch then and claims nothing, so two servers
 * cannot pass a budget together. The rollout's row stays free meanwhile, as every result writes there.
 */

/** Apart from the start lock's names. */
const CLAIM_LOCK_SEED = 12;

export interface Ownership {
  readonly rollout: RolloutId;
  readonly owner: string;
  readonly epoch: number;
}

export interface ClaimRequest extends Ownership {
  readonly scopes: readonly HaltScope[];
  readonly change: ChangeId;
  /** Without the freezes that people set, which are read after the lock. */
  readonly calendar: Calendar;
  readonly wave: number;
  readonly kind: JobKind;
  readonly leaseSeconds: number;
  readonly countMax?: number;
}

export interface Claimed {
  readonly rollout: RolloutId;
  readonly plan: PlanDigest;
  readonly host: HostId;
  readonly wave: number;
  /** The index of its leaf, as the order names it. */
  readonly leafIndex: number;
  readonly body: string;
  readonly kind: JobKind;
  readonly attempt: number;
  readonly epoch: number;
  /** Of the dispatch order; rises with every order to the host. */
  readonly counter: number;
  readonly issuedAt: Instant;
}

/** Every scope has its row and none of them is halted (or, for reverts, frozen). */
export function controlsAllow(kind: JobKind) {
  const flag = kind === "apply" ? sql`c.is_halted` : sql`c.is_frozen`;
  return sql`(select count(*) filter (where not ${flag}) from halt_control c
               where c.scope = any(r.scopes))
             = cardinality(array_remove(r.scopes, 'rollout:' || r.id))`;
}

/** The rollout's own state allows a start of this kind. */
export function rolloutAllows(kind: JobKind) {
  return kind === "apply"
    ? sql`r.state = 'running'`
    : sql`(r.state in ('running', 'halted') and not r.is_frozen and r.revert_seconds is not null)`;
}

/**
 * Approvals hold and the approved time is now. An ordered revert takes back what was approved, so
 * only its own time since the host was done bounds it (host protocol §7.7).
 */
export function mayRunNow(kind: JobKind) {
  if (kind === "revert") return sql`true`;
  return sql`(w.state in ('open', 'passed') and now() between w.not_before and w.not_after
    and (w.windows = '[]' or ${isWindowOpen("w.windows")})
    and ${approvalsAllow} and ${witnessesAllow})`;
}

/** One of the times in the column is now. */
export function isWindowOpen(column: string): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select 1 from jsonb_to_recordset(${sql.ref(column)}) as o("from" float8, "to" float8)
     where now() >= to_timestamp(o."from" / 1000) and now() < to_timestamp(o."to" / 1000))`;
}

/** Only where the calendar says something are hosts looked at; a claim is cheap without. */
function calendarTables(calendar: RawBuilder<boolean> | null): RawBuilder<unknown> {
  if (calendar === null) return sql``;
  return sql`join host h on h.id = t.host join rollout r on r.id = t.rollout`;
}

/** What may be claimed of a wave, over `target t` and `host_slot s` (and the calendar's tables). */
function isClaimable(
  { rollout, wave, kind }: ClaimRequest,
  calendar: RawBuilder<boolean> | null,
): RawBuilder<boolean> {
  const opened = sql`(select array_agg(o.number) from plan_window_set o
                      join rollout w on w.plan = o.plan
                     where w.id = ${rollout} and ${isWindowOpen("o.windows")})`;
  return sql<boolean>`(t.rollout = ${rollout} and t.wave = ${wave}
    and t.kind = ${kind} and t.is_ready
    and (t.retry_at is null or t.retry_at <= now())
    and ${revertInTime} and ${calendar ?? sql`true`}
    and (${kind} = 'revert' or t.window_set is null or t.window_set = any(${opened}::int[]))
    and s.rollout is null and not s.is_quarantined and ${isFreeOfLooks}
    and ${isFreeOfWitnesses})`;
}

export function claim(db: Db, request: ClaimRequest): Promise<readonly Claimed[]> {
  return inTransaction(db, async (tx) => {
    await lockForStart(tx, request.scopes);
    await lockApproval(tx, [request.change], "shared");
    const isBudgeted = await lockBudgets(tx);
    if (isBudgeted === null || !(await holdOwnership(tx, request))) return [];
    await walkKeys(tx);
    const { calendar: standing } = request;
    const calendar = await calendarSql(tx, { db, standing, kind: request.kind });
    if (!isBudgeted) return claimRows(tx, request, { calendar, among: null });
    const among = await hostsWithinBudgets(tx, request, calendar);
    return among.length === 0 ? [] : claimRows(tx, request, { calendar, among });
  });
}

/** Hosts that may be taken together without passing a budget of any rollout. */
async function hostsWithinBudgets(
  tx: Tx,
  request: ClaimRequest,
  calendar: RawBuilder<boolean> | null,
): Promise<readonly HostId[]> {
  const rooms = await loadRooms(tx, request.kind);
  const countMax = Math.min(request.countMax ?? CLAIM_BATCH_MAX, CLAIM_BATCH_MAX);
  const candidates = await loadBudgetCandidates(tx, {
    ...{ rollout: request.rollout, rooms, countMax },
    isClaimable: isClaimable(request, calendar),
  });
  return pickWithin(candidates, rooms, countMax);
}

/**
 * Waits for claims under way, by whomever; false when this server does not own the rollout any more.
 * Lock and look in one statement would not do: its snapshot is older than its lock.
 */
async function holdOwnership(tx: Tx, own: Ownership): Promise<boolean> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(${own.rollout}, ${CLAIM_LOCK_SEED}))`.execute(tx);
  const { rows } = await sql`
    select 1 from rollout
     where id = ${own.rollout} and owner = ${own.owner} and owner_epoch = ${own.epoch}
       and owner_until > clock_timestamp()`.execute(tx);
  return rows.length === 1;
}

/**
 * How many hosts the wave may still start by its rate; null, and ignored, where it has none. A revert
 * waits for no rate: it is the way out of trouble.
 */
function rateLeft(kind: JobKind): RawBuilder<number | null> {
  if (kind === "revert") return sql<null>`null::integer`;
  return sql<number | null>`case when w.gate -> 'rate' ->> 'hosts' is not null
    then (w.gate -> 'rate' ->> 'hosts')::integer - (select count(*)::integer from target b
      where b.rollout = w.rollout and b.wave = w.number and b.claimed_at > now()
        - make_interval(secs => (w.gate -> 'rate' ->> 'seconds')::float8)) end`;
}

/**
 * Jobs under way in the wave `w`. Asked as a filter, so that whatever statistics say only the index of
 * all jobs under way is read, and never the rows of the rollout.
 */
const busyInWave = sql<number>`(
  select count(*) filter (where b.rollout = w.rollout and b.wave = w.number)
    from target b where b.is_busy)`;

/** Reverting ends with the time since the host was done that the statement allows. */
const revertInTime = sql`(t.kind = 'apply'
  or t.ended_at + make_interval(secs => (select revert_seconds from rollout where id = t.rollout))
     > now())`;

/**
 * A host that says it is done is looked at before it gets the next job: in the middle of that one,
 * the look would blame this one for what is not finished yet. Not as `exists`: that becomes a join,
 * and a planner that knows of no such rows yet reads all of them for each host.
 */
const isFreeOfLooks = sql`((
  select 1 from target u where u.host = t.host and u.rollout <> t.rollout
     and u.is_checking limit 1) is null)`;

/**
 * A host that is itself a witness may have seen a newer head than others have signed. Witnesses are few:
 * those that have are looked for once a claim, not once a host.
 */
const isFreeOfWitnesses = sql`(t.host <> all (array(
  select v.host from host_waits_for_witnesses v)))`;

/**
 * The calendar of this moment over `host h` and `rollout r`; null where it says nothing. What was
 * applied may always be taken back: a revert is the way out of trouble, and has its own time.
 */
export async function calendarSql(
  tx: Tx,
  of: { readonly db: Db; readonly standing: Calendar; readonly kind: JobKind },
): Promise<RawBuilder<boolean> | null> {
  if (of.kind === "revert") return null;
  const { calendar, now, zones } = await calendarNow(tx, of);
  if (isAlwaysOpen(calendar)) return null;
  const normal = mayStartNow(calendar, { now, zones, urgency: "normal" });
  const emergency = mayStartNow(calendar, { now, zones, urgency: "emergency" });
  const urgency = sql`(select p.class from plan p where p.digest = r.plan)`;
  return sql<boolean>`(case ${urgency} when 'emergency' then ${emergency} else ${normal} end)`;
}

async function claimRows(
  tx: Tx,
  request: ClaimRequest,
  within: {
    readonly calendar: RawBuilder<boolean> | null;
    /** Null: no budget says who. */
    readonly among: readonly HostId[] | null;
  },
): Promise<readonly Claimed[]> {
  const { calendar, among } = within;
  const isAmong = among === null ? sql`true` : sql`t.host = any(${[...among]}::text[])`;
  const countMax = Math.min(request.countMax ?? CLAIM_BATCH_MAX, CLAIM_BATCH_MAX);
  const { rows } = await sql<Claimed>`
    with room as (
      select w.gate, ${busyInWave} as busy,
             ${rateLeft(request.kind)} as rate_left
        from rollout r join wave w on w.rollout = r.id
       where r.id = ${request.rollout} and w.number = ${request.wave}
         and w.state <> 'waiting' and ${mayRunNow(request.kind)}
         and ${rolloutAllows(request.kind)} and ${controlsAllow(request.kind)}
    ), picked as (
      select t.rollout, t.host
        from target t join host_slot s on s.host = t.host ${calendarTables(calendar)}
       where ${isClaimable(request, calendar)} and ${isAmong}
       order by t.leaf_index
       limit coalesce((select greatest(0, least(${countMax}::int,
                         coalesce(rate_left, ${countMax}::int),
                         (gate ->> 'inFlightMax')::int - busy)) from room), 0)
         for update of s, t skip locked
    ), slots as (
      update host_slot s
         set rollout = p.rollout,
             counter = greatest(s.counter + 1,
                                (extract(epoch from clock_timestamp()) * 1000)::bigint)
        from picked p where s.host = p.host
      returning s.host, s.counter
    ), leased as (
      update target t
         set state = 'leased', epoch = t.epoch + 1, lease_owner = ${request.owner},
             lease_until = now() + make_interval(secs => ${request.leaseSeconds}),
             talk_until = now() + make_interval(secs => ${TALK_SECONDS}),
             claimed_at = now(), heard_at = now(), retry_at = null, hold = null, step = null
        from slots s where t.rollout = ${request.rollout} and t.host = s.host
      returning t.rollout, t.host, t.wave, t.leaf, t.leaf_index, t.body, t.kind, t.attempt, t.epoch,
                s.counter
    )
    select l.rollout, r.plan, l.host, l.wave, coalesce(l.leaf, l.leaf_index) as "leafIndex", l.body, l.kind,
           l.attempt, l.epoch, l.counter, ${millis(sql`now()`)} as "issuedAt"
      from leased l join rollout r on r.id = l.rollout
     order by l.leaf_index`.execute(tx);
  return rows;
}
