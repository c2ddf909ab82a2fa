import { type RawBuilder, sql } from "kysely";
import type { ChangeId, HostId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Calendar } from "../calendar/model.ts";
import { lockApproval } from "../change/store.ts";
import { bigints, texts } from "../db/arrays.ts";
import { type Db, inTransaction, type Tx } from "../db/database.ts";
import {
  calendarSql,
  controlsAllow,
  isWindowOpen,
  mayRunNow,
  rolloutAllows,
} from "./store-claims.ts";
import { type HaltScope, lockForStart } from "./store-halts.ts";
import { millis, walkKeys } from "./store-time.ts";

/**
 * The permit transaction (host protocol §11.4), for all asks that came within some milliseconds:
 * lock, check everything in one statement
 * (what is alike for all hosts of a wave once), state → permitted, commit. Only what this returns may be
 * signed, and only after it returned: an unknown commit is no permit, and the host asks again.
 */
export interface PermitAsk {
  readonly rollout: RolloutId;
  readonly host: HostId;
  /** Of the leaf whose steps lie on the host: its wave and windows are what is open or not. */
  readonly index: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly kind: "apply" | "reboot" | "revert";
  readonly nonce: string;
}

export interface Permitted {
  readonly host: HostId;
  readonly nonce: string;
  readonly counter: number;
  readonly issuedAt: Instant;
  readonly ttlSeconds: number;
}

export function permit(
  db: Db,
  asks: readonly PermitAsk[],
  under: {
    readonly scopes: readonly HaltScope[];
    readonly changes: readonly ChangeId[];
    /** Without the freezes that people set, which are read after the lock. */
    readonly calendar: Calendar;
  },
): Promise<readonly Permitted[]> {
  return inTransaction(db, async (tx) => {
    await lockForStart(tx, under.scopes);
    await lockApproval(tx, under.changes, "shared");
    const calendar = await calendarSql(tx, { db, standing: under.calendar, kind: "apply" });
    // The joins stand in the order in which they are cheap. To look for a better one took 45 ms of a
    // core, a hundred times the execution, and the next batch of asks waits for it.
    await walkKeys(tx, "kept");
    const granted: Permitted[] = [];
    for (const kind of ["apply", "reboot", "revert"] as const) {
      for (const some of passesOf(asks.filter((ask) => ask.kind === kind))) {
        granted.push(...(await permitKind(tx, { kind, asks: some, calendar })));
      }
    }
    return granted;
  });
}

/** Passes with at most one ask a host; the same ask twice is one. Nearly always one pass. */
function passesOf(asks: readonly PermitAsk[]): readonly (readonly PermitAsk[])[] {
  const distinct = new Map(asks.map((ask) => [`${ask.host} ${ask.nonce}`, ask]));
  const passes: PermitAsk[][] = [];
  const count = new Map<HostId, number>();
  for (const ask of distinct.values()) {
    const at = count.get(ask.host) ?? 0;
    count.set(ask.host, at + 1);
    const pass = passes[at] ?? [];
    pass.push(ask);
    passes[at] = pass;
  }
  return passes;
}

/** Work that has begun may go on; apply and revert also begin it. */
const goesOn = sql`(t.state in ('permitted', 'applying', 'rebooting', 'verifying', 'unknown')
  or (t.state = 'held' and t.is_begun))`;
/** Within the host's own windows, where those are not its wave's. */
const inOwnWindow = sql`(t.window_set is null or exists (
  select from plan_window_set ws
   where ws.plan = r.plan and ws.number = t.window_set and ${isWindowOpen("ws.windows")}))`;
const mayStart = sql`(t.state = 'leased' or ${goesOn})`;

async function permitKind(
  tx: Tx,
  of: {
    readonly kind: PermitAsk["kind"];
    readonly asks: readonly PermitAsk[];
    readonly calendar: RawBuilder<boolean> | null;
  },
): Promise<readonly Permitted[]> {
  const { kind, asks } = of;
  const job = kind === "revert" ? "revert" : "apply";
  const { rows } = await sql<Permitted>`
    with asked as (
      select * from unnest(
        ${texts(asks.map((a) => a.rollout))}, ${texts(asks.map((a) => a.host))},
        ${bigints(asks.map((a) => a.index))}, ${bigints(asks.map((a) => a.attempt))},
        ${bigints(asks.map((a) => a.epoch))}, ${texts(asks.map((a) => a.nonce))})
        as a(rollout, host, index, attempt, epoch, nonce)
    ), may as materialized (
      select r.id as rollout, r.plan, w.number as wave, r.permit_ttl_seconds as ttl
        from rollout r join wave w on w.rollout = r.id
       where r.id in (select rollout from asked)
         and w.state <> 'waiting' and ${mayRunNow(job)}
         and ${rolloutAllows(job)} and ${controlsAllow(job)}
    ), ok as (
      select t.rollout, t.host, a.nonce, t.attempt, t.epoch, r.ttl
        from asked a
        join target t on t.rollout = a.rollout and t.host = a.host
        join host_slot s on s.host = t.host
        join may r on r.rollout = t.rollout and r.wave = t.wave
        join host h on h.id = t.host and h.mode = 'managed' and h.removed_at is null
       where coalesce(t.leaf, t.leaf_index) = a.index
         and t.attempt = a.attempt and t.epoch = a.epoch and t.kind = ${job}
         and ${kind === "reboot" ? goesOn : mayStart}
         and s.rollout = t.rollout and not s.is_quarantined
         and ${kind === "revert" ? sql`true` : sql`(${of.calendar ?? sql`true`} and ${inOwnWindow})`}
         and not exists (select 1 from job_permit p where p.host = a.host and p.nonce = a.nonce)
       order by t.host
         for update of t, s
    -- Each step hands on what it wrote: to join them again afterwards would compare all with all.
    ), counted as (
      update host_slot s
         set counter = greatest(s.counter + 1,
                                (extract(epoch from clock_timestamp()) * 1000)::bigint)
        from ok where s.host = ok.host
      returning ok.*, s.counter
    ), moved as (
      update target t
         set state = case t.state when 'leased' then 'permitted' else t.state end,
             is_begun = true, permitted_at = now(), heard_at = now()
        from counted c where t.rollout = c.rollout and t.host = c.host
      returning c.*
    ), written as (
      insert into job_permit (host, counter, rollout, attempt, epoch, kind, nonce, ttl_seconds)
      select m.host, m.counter, m.rollout, m.attempt, m.epoch, ${kind}, m.nonce, m.ttl from moved m
      -- The same ask twice at once: whoever waited for the row does not see the other's permit yet.
      on conflict (host, nonce) do nothing
      returning host, nonce, counter, issued_at, ttl_seconds
    )
    select host, nonce, counter, ${millis(sql`issued_at`)} as "issuedAt", ttl_seconds as "ttlSeconds"
      from written`.execute(tx);
  return rows;
}
