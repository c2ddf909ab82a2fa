import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { bigints, booleans, integers, jsons, texts } from "./arrays.ts";
import { type Db, openDatabase } from "./database.ts";

let db: Db;
beforeAll(() => {
  db = openDatabase(inject("postgres"), () => undefined);
});
afterAll(async () => {
  await db.destroy();
});

/** What the database has, by its own word: elements one by one, with the type of the array. */
async function readBack(values: RawBuilder<unknown>): Promise<unknown> {
  const { rows } = await sql<{ type: string; elements: unknown }>`
    select pg_typeof(a)::text as type, to_jsonb(a) as elements
      from (select ${values} as a) one`.execute(db);
  return rows[0];
}

const words = ["", "plain", "NULL", null, "{a,b}", '"\\', "Grüße\n\t", "日本語 \u{1f600}"];
const large = [0, -1, null, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const small = [0, 2 ** 31 - 1, -(2 ** 31), null];
const json = [{ a: [1, "ü"] }, null, "text"];

it.each([
  { type: "text[]", of: texts, given: words, elements: words },
  { type: "text[]", of: texts, given: ["x".repeat(600_000)], elements: ["x".repeat(600_000)] },
  { type: "text[]", of: texts, given: [], elements: [] },
  { type: "bigint[]", of: bigints, given: large, elements: large },
  { type: "integer[]", of: integers, given: small, elements: small },
  { type: "boolean[]", of: booleans, given: [true, false, null], elements: [true, false, null] },
  {
    ...{ type: "jsonb[]", of: jsons, elements: json },
    given: json.map((value) => (value === null ? null : JSON.stringify(value))),
  },
])("hands over $type as it is", async ({ type, of, given, elements }) => {
  const values = (of as (given: readonly unknown[]) => RawBuilder<unknown>)(given);
  expect(await readBack(values)).toEqual({ type, elements });
});

it("goes on one by one where the arrays are walked together", async () => {
  const { rows } = await sql`
    select * from unnest(${texts(["a", null])}, ${integers([1, 2])}) as u(name, number)`.execute(
    db,
  );
  expect(rows).toEqual([
    { name: "a", number: 1 },
    { name: null, number: 2 },
  ]);
});

it("refuses what has no place in such an array", async () => {
  expect(() => bigints([0.5])).toThrow();
  expect(() => bigints([2 ** 53])).toThrow();
  expect(() => integers([2 ** 31])).toThrow();
  await expect(readBack(texts(["a\u0000b"]))).rejects.toThrow(/0x00/);
  await expect(readBack(jsons(["{"]))).rejects.toThrow(/json/);
});
