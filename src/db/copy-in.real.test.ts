import { sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, inject, it } from "vitest";
import { withDatabase } from "../../test/setup/postgres.ts";
import { copyIn } from "./copy-in.ts";
import type { CopiedRows } from "./copy-rows.ts";
import { clientConfig, type Db, inTransaction, openDatabase } from "./database.ts";

const name = `copied_${process.pid}_${Date.now()}`;
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
  await other.query(`create table thing (
    id integer primary key check (id >= 0), what text not null, more integer)`);
  db = openDatabase(connection, () => undefined);
});
afterEach(async () => {
  await other.query("truncate thing");
});
afterAll(async () => {
  await db.destroy();
  await other.end();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
});

const rowsOf = (
  count: number,
  what: (at: number) => string,
  id = (at: number): number => at,
): CopiedRows => ({
  ...{ table: "thing", columns: ["id", "what", "more"], count },
  write(at, row) {
    row.integer(id(at));
    row.text(what(at));
    row.integer(at % 2 === 0 ? null : -at);
  },
});

const copied = (rows: CopiedRows) => inTransaction(db, (tx) => copyIn(tx, rows));

async function stored(): Promise<unknown[]> {
  return (await other.query("select id, what, more from thing order by id")).rows;
}

it("writes every row as it was given, texts of any alphabet and length among them", async () => {
  const words = ["", "plain", "Grüße\n\t\\.", "日本語 \u{1f600}", "x".repeat(600_000)];
  await copied(rowsOf(words.length, (at) => words[at] ?? ""));
  expect(await stored()).toEqual(
    words.map((what, id) => ({ id, what, more: id % 2 === 0 ? null : -id })),
  );
});

it("writes many chunks, and lets others have their turn in between", async () => {
  const count = 60_000;
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 0);
  await copied(rowsOf(count, (at) => `row ${at} ${"-".repeat(40)}`));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
  const { rows } = await other.query(
    "select count(*)::int as count, sum(id::bigint)::float8 as sum from thing",
  );
  expect(rows).toEqual([{ count, sum: (count * (count - 1)) / 2 }]);
});

it("writes none where there is none, and none where one is refused", async () => {
  await copied(rowsOf(0, String));
  const late = rowsOf(30_000, String, (at) => (at === 29_000 ? -1 : at));
  await expect(copied(late)).rejects.toMatchObject({ code: "23514" });
  const doubled = rowsOf(30_000, String, (at) => (at === 1 ? 0 : at));
  await expect(copied(doubled)).rejects.toMatchObject({ code: "23505" });
  expect(await stored()).toEqual([]);
  await copied(rowsOf(1, String));
  expect(await stored()).toHaveLength(1);
});

it("tells what kept a row from being written, and takes none of them", async () => {
  const broken = rowsOf(20_000, (at) => {
    if (at === 15_000) throw new Error("the row is broken");
    return String(at);
  });
  await expect(copied(broken)).rejects.toThrow("the row is broken");
  const short: CopiedRows = { ...rowsOf(1, String), write: (at, row) => row.integer(at) };
  await expect(copied(short)).rejects.toThrow("a cell for each column");
  expect(await stored()).toEqual([]);
});

it("fails when its session is ended in the middle, and the next one goes on", async () => {
  const count = 400_000;
  let pid = 0;
  const ended = inTransaction(db, async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    pid = rows[0]?.pid ?? 0;
    await copyIn(tx, {
      ...rowsOf(count, String),
      write(at, row) {
        if (at === 50_000) void other.query("select pg_terminate_backend($1)", [pid]);
        rowsOf(count, String).write(at, row);
      },
    });
  });
  await expect(ended).rejects.toThrow();
  expect(await stored()).toEqual([]);
  await copied(rowsOf(2, String));
  expect(await stored()).toHaveLength(2);
});

it("has no way for names that are not plain", async () => {
  const odd = { ...rowsOf(0, String), table: 'thing"; drop table thing; --' };
  await expect(copied(odd)).rejects.toThrow("plain names");
});
