import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { withDatabase } from "../../test/setup/postgres.ts";
import { clientConfig, type Db, inTransaction, openDatabase, type Tx } from "./database.ts";
import { keepingKeyChecks } from "./key-checks.ts";

const name = `checked_${process.pid}_${Date.now()}`;
let admin: pg.Client;
let db: Db;
beforeAll(async () => {
  admin = new pg.Client(clientConfig(inject("postgres")));
  await admin.connect();
  await admin.query(`create database ${name}`);
  db = openDatabase(withDatabase(inject("postgres"), name), () => undefined);
  await sql`create table parent (id text primary key)`.execute(db);
  await sql`create table child (parent text not null references parent)`.execute(db);
  await sql`insert into parent select n::text from generate_series(1, 5000) n`.execute(db);
});
afterAll(async () => {
  await db.destroy();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
});

const addAll = (tx: Tx) => sql`insert into child select id from parent`.execute(tx);
async function settings(tx: Tx): Promise<unknown> {
  const { rows } = await sql`
    select current_setting('plan_cache_mode') as plans, current_setting('enable_seqscan') as reads,
           current_setting('jit') as jit`.execute(tx);
  return rows[0];
}

it("holds for what is written inside, and leaves the transaction as it was", async () => {
  await inTransaction(db, async (tx) => {
    await sql`select set_config('plan_cache_mode', 'force_generic_plan', true),
                     set_config('jit', 'on', true)`.execute(tx);
    const before = await settings(tx);
    expect(before).toEqual({ plans: "force_generic_plan", reads: "on", jit: "on" });
    const inside = await keepingKeyChecks(tx, () => settings(tx));
    expect(inside).toEqual({ plans: "auto", reads: "off", jit: "off" });
    expect(await settings(tx)).toEqual(before);
  });
});

it("still refuses a row whose key is nowhere, and leaves nothing behind in the session", async () => {
  const wrong = inTransaction(db, (tx) =>
    keepingKeyChecks(tx, () => sql`insert into child values ('nowhere')`.execute(tx)),
  );
  await expect(wrong).rejects.toThrow(/foreign key/);
  await inTransaction(db, async (tx) => {
    expect(await settings(tx)).toMatchObject({ plans: "force_custom_plan", reads: "on" });
  });
});

it("spares the planning of each row's check", async () => {
  const took = async (write: (tx: Tx) => Promise<unknown>): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const from = performance.now();
      await inTransaction(db, write);
      times.push(performance.now() - from);
    }
    return Math.min(...times);
  };
  const each = await took(addAll);
  const kept = await took((tx) => keepingKeyChecks(tx, () => addAll(tx)));
  expect(kept).toBeLessThan(each);
});
