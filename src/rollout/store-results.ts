import { type RawBuilder, sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { ChangeId, HostId, PatchId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { bigints, booleans, integers, jsons, texts } from "../db/arrays.ts";
import { type Db, type Reader, sqlJson, type Tx } from "../db/database.ts";
import { TALK_SECONDS } from "./engine.ts";
import { targetMoves, type Verdict } from "./model.ts";
import type { ResultMove, ResultVerb } from "./result-move.ts";
import { leaves } from "./store-targets.ts";
import { holdUntil, millis, unseen, walkKeys } from "./store-time.ts";

/**
 * Signed results. They are matched by (plan, host, attempt), never by epoch (host protocol §11.1),
 * and kept as they came, also those that move nothing any more. The same bytes twice count once.
 */
export interface SignedResult {
  readonly plan: PlanDigest;
  readonly host: HostId;
  readonly attempt: number;
  readonly kind: "apply" | "reboot" | "revert";
  readonly state: string;
  readonly code: string;
  readonly way: string;
  readonly counter: number;
  readonly document: string;
  readonly digest: Digest;
  readonly signature: string;
  readonly signedBy: string;
  /** `PATH:BEFORE:AFTER` of each key that the job made anew, with commas between. */
  readonly keys?: string | null;
  readonly move: ResultMove;
  /** The server that looks at once, over the connection it has to the host; null: whoever may. */
  readonly lookBy: string | null;
}

export interface AppliedResult {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly digest: Digest;
}

/** What a plan may allow; a result of a higher attempt is nobody's, and is not kept. */
const ATTEMPT_MAX = 1000;

const verbTo: Readonly<Record<ResultVerb, string>> = {
  "result-done": "done",
  "result-noop": "noop",
  "result-failed": "failed",
  "result-rolled-back": "rolled-back",
  "result-reverted": "reverted",
  "result-held": "held",
  refused: targetMoves.leased.refused,
  drop: targetMoves.leased.drop,
};

/** Stores the documents and moves their targets; returns those that moved. */
export async function applyResults(
  tx: Tx,
  results: readonly SignedResult[],
): Promise<readonly AppliedResult[]> {
  await walkKeys(tx);
  const fresh = await insertResults(tx, results);
  const applied: AppliedResult[] = [];
  for (const pass of passesOf(results, new Set(fresh))) {
    const byVerb = Map.groupBy(pass, (result) => result.move.verb);
    for (const [verb, some] of byVerb) applied.push(...(await moveByResults(tx, verb, some)));
  }
  await markLate(tx, lateOf(results, { fresh, applied }));
  const rollouts = new Set(applied.map((a) => a.rollout));
  await sql`
    update rollout set look_at = now()
     where id = any(${[...rollouts]}::text[]) and state in ('running', 'halted')`.execute(tx);
  return applied;
}

type Kept = Pick<SignedResult, "host" | "digest">;

/** Results that came too late to move anything; nearly always none. */
function lateOf(
  results: readonly SignedResult[],
  of: { readonly fresh: ReadonlySet<Digest>; readonly applied: readonly AppliedResult[] },
): readonly Kept[] {
  const moved = new Set(of.applied.map((a) => a.digest));
  return results.filter(({ digest }) => of.fresh.has(digest) && !moved.has(digest));
}

async function markLate(tx: Tx, late: readonly Kept[]): Promise<void> {
  if (late.length === 0) return;
  await sql`
    update job_result j set is_applied = false
      from unnest(${late.map((l) => l.host)}::text[], ${late.map((l) => l.digest)}::text[])
        as l(host, digest)
     where j.host = l.host and j.digest = l.digest`.execute(tx);
}

/** Passes with at most one result a host, in the order in which they came; no bytes twice. */
function passesOf(
  results: readonly SignedResult[],
  fresh: Set<Digest>,
): readonly (readonly SignedResult[])[] {
  const passes: SignedResult[][] = [];
  const count = new Map<HostId, number>();
  for (const result of results) {
    if (!fresh.delete(result.digest)) continue;
    const at = count.get(result.host) ?? 0;
    count.set(result.host, at + 1);
    const pass = passes[at] ?? [];
    pass.push(result);
    passes[at] = pass;
  }
  return passes;
}

/** Written as applied: that those few which move nothing are written twice is cheaper. */
async function insertResults(tx: Tx, results: readonly SignedResult[]): Promise<Set<Digest>> {
  const all = <K extends keyof SignedResult>(key: K) => results.map((result) => result[key]);
  const inserted = await sql<{ digest: Digest }>`
    insert into job_result (host, counter, digest, plan, attempt, kind, state, code, way, document,
                            signature, signed_by, keys, is_applied)
    select r.*, true
      from unnest(${texts(all("host"))}, ${bigints(all("counter"))}, ${texts(all("digest"))},
                  ${texts(all("plan"))}, ${bigints(all("attempt"))}, ${texts(all("kind"))},
                  ${texts(all("state"))}, ${texts(all("code"))}, ${texts(all("way"))},
                  ${texts(all("document"))}, ${texts(all("signature"))},
                  ${texts(all("signedBy"))}, ${texts(results.map(({ keys }) => keys ?? null))})
        as r(host, counter, digest, plan, attempt, kind, state, code, way, document, signature,
             signed_by, keys)
     where r.attempt <= ${ATTEMPT_MAX}
    on conflict (host, digest) do nothing
    returning digest`.execute(tx);
  return new Set(inserted.rows.map((row) => row.digest));
}

/**
 * Moves the targets and frees the slots of those that hold none any more, in one statement: what the
 * move left is known there, and is not looked for again.
 */
async function moveByResults(
  tx: Tx,
  verb: ResultVerb,
  results: readonly SignedResult[],
): Promise<readonly AppliedResult[]> {
  const isDrop = verb === "drop";
  const isLooked = verb === "result-done" || verb === "result-noop";
  const all = <K extends keyof SignedResult>(key: K) => results.map((result) => result[key]);
  const moves = <K extends keyof ResultMove>(key: K) => results.map(({ move }) => move[key]);
  const holds = moves("hold").map((hold) => (hold === null ? null : JSON.stringify(hold)));
  // What the results have in common is looked for once, not for each of them.
  const plans = [...new Set(all("plan"))];
  const lookers = results.map(({ lookBy }) => (isLooked ? lookBy : null));
  const retryAt = sql`now() + make_interval(secs => g.retry_after)`;
  const { rows } = await sql<AppliedResult>`
    with given as (
      select * from unnest(
        ${integers(results.map(({ plan }) => plans.indexOf(plan) + 1))}, ${texts(all("host"))},
        ${bigints(all("attempt"))}, ${texts(all("state"))}, ${texts(all("code"))},
        ${texts(all("way"))}, ${texts(all("digest"))}, ${texts(moves("job"))}, ${jsons(holds)},
        ${booleans(moves("isUnbegun"))}, ${integers(moves("retryAfterSeconds"))},
        ${texts(lookers)})
        as g(plan, host, attempt, state, code, way, digest, job, hold, is_unbegun, retry_after,
             look_by)
    ), moved as (
    update target t
       set state = ${verbTo[verb]}, hold = nullif(${holdUntil(sql`g.hold`, retryAt)}, 'null'),
           is_begun = t.is_begun and not g.is_unbegun,
           epoch = t.epoch + ${isDrop ? 1 : 0}, verdict = null,
           tries = case when ${isDrop}::boolean then t.tries + 1 else 0 end,
           trouble_since = case when ${isDrop}::boolean then coalesce(t.trouble_since, now()) end,
           retry_at = case when g.retry_after > 0 then ${retryAt} end,
           lease_owner = g.look_by, talk_until = null,
           lease_until = case when g.look_by is not null
                              then now() + make_interval(secs => ${TALK_SECONDS}) end,
           result_state = g.state, result_code = g.code, way = g.way,
           ended_at = case when ${isDrop}::boolean then t.ended_at else now() end
      from given g
     where t.rollout = (${rolloutsOf(plans)})[g.plan] and t.host = g.host
       and t.attempt = g.attempt and t.kind = g.job and ${leaves(verb)}
    returning t.rollout, t.host, t.is_busy, g.digest
    ), freed as (
    update host_slot s set rollout = null
      from moved m where s.host = m.host and s.rollout = m.rollout and not m.is_busy
    )
    select rollout, host, digest from moved`.execute(tx);
  return rows;
}

/** The rollouts of these plans, as an array in their order; null where a plan has none. */
function rolloutsOf(plans: readonly PlanDigest[]): RawBuilder<unknown> {
  return sql`(select array_agg(r.id order by p.number)
    from unnest(${texts(plans)}) with ordinality as p(plan, number)
    left join rollout r on r.plan = p.plan)`;
}

export interface Unjudged {
  readonly rollout: RolloutId;
  readonly plan: PlanDigest;
  readonly change: ChangeId;
  readonly patch: PatchId;
  readonly host: HostId;
  readonly attempt: number;
  readonly body: string;
  readonly tries: number;
  readonly endedAt: Instant;
  /** When the job was sent out: an older inspection shows the host before it. */
  readonly claimedAt: Instant;
  readonly now: Instant;
}

/** Hosts that say they are done and were not looked at since; leased to the server that will look. */
export async function takeUnjudged(
  db: Db,
  take: { readonly owner: string; readonly countMax: number; readonly leaseSeconds: number },
): Promise<readonly Unjudged[]> {
  const { rows } = await sql<Unjudged>`
    with picked as (
      select t.rollout, t.host from target t
       where t.is_checking
         and (t.lease_until is null or t.lease_until < now())
         and (t.retry_at is null or t.retry_at <= now())
       limit ${take.countMax} for update skip locked)
    update target t
       set lease_owner = ${take.owner},
           lease_until = now() + make_interval(secs => ${take.leaseSeconds})
      from picked p join rollout r on r.id = p.rollout
     where t.rollout = p.rollout and t.host = p.host and ${unseen}
    returning ${unjudgedColumns}`.execute(db);
  return rows;
}

const unjudgedColumns = sql`
  t.rollout, r.plan, r.change, r.patch, t.host, t.attempt, t.body, t.tries, ${millis(sql`t.ended_at`)} as "endedAt",
  ${millis(sql`t.claimed_at`)} as "claimedAt", ${millis(sql`now()`)} as now`;

/** The look at this host that its result left to the server which talks to it; null: no such look. */
export async function loadOwnLook(
  reader: Reader,
  of: Pick<Unjudged, "rollout" | "host" | "attempt"> & { readonly owner: string },
): Promise<Unjudged | null> {
  const { rows } = await sql<Unjudged>`
    select ${unjudgedColumns} from target t join rollout r on r.id = t.rollout
     where t.rollout = ${of.rollout} and t.host = ${of.host} and t.attempt = ${of.attempt}
       and ${isOwnLook(of.owner)} and t.lease_until > now()`.execute(reader);
  return rows[0] ?? null;
}

/** The connection is gone before the host was seen: whoever may look does, at once. */
export async function leaveLook(
  tx: Reader,
  of: Pick<Unjudged, "rollout" | "host" | "attempt"> & { readonly owner: string },
): Promise<void> {
  await sql`
    update target t set lease_owner = null, lease_until = null
     where t.rollout = ${of.rollout} and t.host = ${of.host} and t.attempt = ${of.attempt}
       and ${isOwnLook(of.owner)}`.execute(tx);
}

function isOwnLook(owner: string) {
  return sql`(t.is_checking and t.lease_owner = ${owner})`;
}

/** Whoever looks says so now and then; when it dies, another one looks soon. */
export async function keepLooks(
  db: Db,
  owner: string,
  keep: { readonly looks: readonly Unjudged[]; readonly leaseSeconds: number },
): Promise<void> {
  if (keep.looks.length === 0) return;
  await sql`
    update target t
       set lease_until = now() + make_interval(secs => ${keep.leaseSeconds})
      from unnest(${keep.looks.map((l) => l.rollout)}::text[],
                  ${keep.looks.map((l) => l.host)}::text[]) as k(rollout, host)
     where t.rollout = k.rollout and t.host = k.host and t.lease_owner = ${owner}
       and t.is_checking and ${unseen}`.execute(db);
}

/**
 * The judgement of one look; `verdict` null puts the look off. Other rollouts may have waited until
 * this host was looked at, so they look again too.
 */
export async function recordVerdict(
  tx: Reader,
  judged: {
    readonly rollout: RolloutId;
    readonly host: HostId;
    readonly attempt: number;
    readonly owner: string;
    readonly verdict: Verdict | null;
    readonly evidence: unknown;
    readonly retryAfterSeconds: number;
  },
): Promise<boolean> {
  const isOpen = judged.verdict === null;
  const { rows } = await sql<{ count: number }>`
    with judged as (
    update target t
       set verdict = ${judged.verdict}::text, evidence = ${sqlJson(judged.evidence)},
           tries = case when ${isOpen}::boolean then t.tries + 1 else 0 end,
           retry_at = case when ${isOpen}::boolean
                           then now() + make_interval(secs => ${judged.retryAfterSeconds}) end,
           ended_at = case when ${isOpen}::boolean then t.ended_at else now() end,
           lease_owner = null, lease_until = null
     where t.rollout = ${judged.rollout} and t.host = ${judged.host}
       and t.attempt = ${judged.attempt} and t.is_checking
       and t.lease_owner = ${judged.owner}
    returning 1
    ), woken as (
    update rollout set look_at = now()
     where state in ('running', 'halted') and (id = ${judged.rollout} or id in (
       select o.rollout from target o where o.host = ${judged.host} and o.is_ready))
    )
    select count(*) as count from judged`.execute(tx);
  return rows[0]?.count === 1;
}
