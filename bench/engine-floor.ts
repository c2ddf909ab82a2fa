import pg from "pg";
import { type Connection, clientConfig } from "../src/db/database.ts";
import type { Measure, Spent } from "./engine-spent.ts";

/**
 * The rows that a job moves in the engine, and nothing else: what this machine's PostgreSQL takes for
 * two updates when a batch is claimed (slot and target), one signed document kept and the same two
 * updates when it is done. No index but the keys of the three tables, no check, trigger, lease, budget,
 * approval or event; as durable, in batches as large, rows as wide and with as much room, and a batch
 * is completed while the next one is claimed. What the engine has above it are its rules; to pass it, it
 * would have to keep fewer rows.
 */
export async function bareRows(
  connection: Connection,
  of: { readonly jobCount: number; readonly batch: number; readonly measure: Measure },
): Promise<Spent> {
  const pool = new pg.Pool({ ...clientConfig(connection), max: 10 });
  pool.on("error", () => undefined);
  await pool.query(`
    drop table if exists bare_target, bare_slot, bare_result;
    create table bare_target (
      host text primary key, body text not null, state text not null, epoch integer not null,
      claimed_at timestamptz, ended_at timestamptz
    ) with (fillfactor = 50);
    create table bare_slot (
      host text primary key, rollout text, counter bigint not null
    ) with (fillfactor = 50);
    create table bare_result (
      host text not null, digest text not null, document text not null, signature text not null,
      primary key (host, digest)
    )`);
  await pool.query(
    `with made as (select n, gen_random_uuid()::text as host from generate_series(1, $1::int) n),
          slots as (insert into bare_slot select host, null, 0 from made)
     insert into bare_target
     select host, encode(sha256(host::bytea), 'hex'), 'pending', 0, null, null from made`,
    [of.jobCount],
  );
  const { rows } = await pool.query<{ host: string }>("select host from bare_target order by ctid");
  await pool.query("vacuum analyze");
  const hosts = rows.map((row) => row.host);
  const spent = await of.measure(async () => {
    const completing: Promise<unknown>[] = [];
    for (let at = 0; at < hosts.length; at += of.batch) {
      const some = hosts.slice(at, at + of.batch);
      await pool.query(CLAIM, [some]);
      completing.push(pool.query(COMPLETE, [some]));
    }
    await Promise.all(completing);
  });
  await pool.end();
  return spent;
}

const CLAIM = `
  with slots as (
    update bare_slot set rollout = 'bench', counter = counter + 1
     where host = any($1::text[]) returning host
  )
  update bare_target t set state = 'leased', epoch = epoch + 1, claimed_at = now()
    from slots s where t.host = s.host`;

/** A document and a signature as long as those of the engine's part. */
const COMPLETE = `
  with kept as (
    insert into bare_result
    select host, encode(sha256(host::bytea), 'hex'), rpad(host, 640, 'x'), repeat('s', 320)
      from unnest($1::text[]) host returning host
  ), slots as (
    update bare_slot s set rollout = null from kept k where s.host = k.host returning s.host
  )
  update bare_target t set state = 'noop', ended_at = now()
    from slots s where t.host = s.host`;
