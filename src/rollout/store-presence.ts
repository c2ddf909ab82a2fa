import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { type Db, inTransaction, type Reader } from "../db/database.ts";

/**
 * Which servers are there. Each holds an advisory lock under its own name, in a database session that
 * it keeps open for nothing else. The session ends with the process, however that dies, and PostgreSQL
 * frees the lock at once: so what a dead server held is given to others without waiting for its
 * leases. They still end what this cannot see, a server that is paused, or whose network is gone.
 *
 * A server that only lost its session is taken for dead too. That is safe: every write of an owner is
 * fenced by an epoch, and results are matched by plan, host and attempt, never by who talks.
 */

/** Tells these locks from all others. */
const LOCK_SEED = 7_130_551;
/** How soon a server notices that its session is gone. */
const PULSE_MS = 1_000;

const lockOf = (name: unknown) => sql`hashtextextended(${name}::text, ${LOCK_SEED})`;

/**
 * Is there until the signal ends it; fails when the session breaks. `onHeld` is called once others
 * can see it.
 */
export function bePresent(
  db: Db,
  server: string,
  being: { readonly signal: AbortSignal; readonly onHeld: () => void },
): Promise<void> {
  const { signal, onHeld } = being;
  return db.connection().execute(async (own) => {
    await sql`select pg_advisory_lock(${lockOf(server)})`.execute(own);
    onHeld();
    while (!signal.aborted) {
      await sleep(PULSE_MS, undefined, { signal }).catch(() => undefined);
      await sql`select 1`.execute(own);
    }
    await sql`select pg_advisory_unlock(${lockOf(server)})`.execute(own);
  });
}

/**
 * Frees what servers held that are not there any more: their rollouts, their talks with hosts, their
 * looks. Returns their names. The shared lock keeps a server that just comes back waiting until it is
 * done.
 */
export function releaseDead(db: Db, self: string): Promise<readonly string[]> {
  return inTransaction(db, async (tx) => {
    const dead = await deadServers(tx, self);
    if (dead.length === 0) return [];
    await sql`
      update rollout set owner = null, owner_until = null, look_at = least(look_at, now())
       where state in ('running', 'halted') and owner = any(${[...dead]}::text[])`.execute(tx);
    await sql`
      update target t set talk_until = null
       where t.is_busy and t.lease_owner = any(${[...dead]}::text[])`.execute(tx);
    await sql`
      update target t set lease_until = null
       where t.is_checking
         and t.lease_owner = any(${[...dead]}::text[])`.execute(tx);
    return dead;
  });
}

/** Only those are asked about whose leases still keep others waiting. */
async function deadServers(tx: Reader, self: string): Promise<readonly string[]> {
  const { rows } = await sql<{ server: string }>`
    with named as materialized (
      select owner as server from rollout
       where state in ('running', 'halted') and owner_until > now()
      union
      select t.lease_owner from target t where t.is_busy and t.talk_until > now()
      union
      select t.lease_owner from target t
       where t.is_checking and t.lease_until > now())
    select server from named
     where server is not null and server <> ${self}
       and pg_try_advisory_xact_lock_shared(${lockOf(sql`server`)})`.execute(tx);
  return rows.map((row) => row.server);
}
