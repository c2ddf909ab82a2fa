import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { withDatabase } from "../../test/setup/postgres.ts";
import { clientConfig, type Db, inTransaction, openDatabase } from "./database.ts";

const name = `prepared_${process.pid}_${Date.now()}`;
let admin: pg.Client;
let other: pg.Client;
let db: Db;
beforeAll(async () => {
  admin = new pg.Client(clientConfig(inject("postgres")));
  await admin.connect();
  await admin.query(`create database ${name}`);
  const connection = withDatabase(inject("postgres"), name);
  other = new pg.Client(clientConfig(connection));
  await other.connect();
  await other.query("create table thing (id int primary key, what text)");
  await other.query("insert into thing values (1, 'a')");
  db = openDatabase(connection, () => undefined);
});
afterAll(async () => {
  await db.destroy();
  await other.end();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
});

/** Of a session that stands alone: what it keeps after so many questions. */
const kept = (times: number, mode: string) =>
  inTransaction(db, async (tx) => {
    await sql`select set_config('plan_cache_mode', ${mode}, true)`.execute(tx);
    for (let at = 0; at < times; at += 1) await thing(tx, 1);
    const { rows } = await sql<{ generic: number; custom: number }>`
      select generic_plans as generic, custom_plans as custom from pg_prepared_statements
       where statement like '%from thing where%' and name like 'fettle-%'`.execute(tx);
    return rows;
  });

async function thing(reader: Db, id: number): Promise<unknown> {
  const { rows } = await sql<{ what: unknown }>`
    select * from thing where id = ${id}`.execute(reader);
  return rows[0]?.what;
}

it("keeps what is asked again and again, and plans it each time unless told otherwise", async () => {
  const { rows } = await sql<{ mode: string }>`
    select current_setting('plan_cache_mode') as mode`.execute(db);
  expect(rows).toEqual([{ mode: "force_custom_plan" }]);
  const [each] = await kept(12, "force_custom_plan");
  expect(each?.generic).toBe(0);
  expect(each?.custom).toBeGreaterThanOrEqual(10);
  const [once] = await kept(12, "force_generic_plan");
  expect(once).toEqual({ generic: 12, custom: each?.custom });
});

it("goes on after another server has changed what a statement gives", async () => {
  await Promise.all(Array.from({ length: 6 }, () => kept(4, "force_custom_plan")));
  await other.query("alter table thing alter column what type jsonb using to_jsonb(what)");
  await expect(thing(db, 1)).rejects.toThrow(/cached plan/);
  const again = await Promise.all(Array.from({ length: 8 }, () => thing(db, 1)));
  expect(again).toEqual(Array.from({ length: 8 }, () => "a"));
});

it("goes on after a session was told to forget its statements", async () => {
  await kept(5, "force_custom_plan");
  const forgetful = inTransaction(db, async (tx) => {
    await sql`deallocate all`.execute(tx);
    return thing(tx, 1);
  });
  await expect(forgetful).rejects.toThrow(/does not exist/);
  expect((await kept(4, "force_custom_plan")).length).toBeGreaterThan(0);
  expect(await thing(db, 1)).toBe("a");
});
