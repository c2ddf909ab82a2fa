import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Db, inTransaction } from "../db/database.ts";
import { addHosts, age, aRollout, type Story } from "./store-story.ts";
import { databaseNow, recordTurn, takeRollouts } from "./store-turn.ts";

let made: TestWorld;
let db: Db;
let stories: readonly Story[];
beforeAll(async () => {
  made = await testWorld();
  db = made.world.db;
  const some: Story[] = [];
  for (const host of await addHosts(db, 3)) {
    some.push(await aRollout(db, [{ ring: "canary", hosts: [host] }]));
  }
  stories = some;
});
afterAll(() => made.close());

const ask = (story: Story | undefined) =>
  sql`update rollout set look_at = now() where id = ${story?.id}`.execute(db);

/** The engine looked, and looks again because time passes, or because it moved something. */
async function look(story: Story | undefined, isTimed: boolean): Promise<void> {
  const { rows } = await sql<{ seenLookAt: string }>`
    select look_at::text as "seenLookAt" from rollout where id = ${story?.id}`.execute(db);
  const lookAt = await databaseNow(db);
  const seenLookAt = rows[0]?.seenLookAt ?? "";
  const rollout = (story as Story).id;
  await inTransaction(db, (tx) =>
    recordTurn(tx, { rollout, holds: [], lookAt, isTimed, seenLookAt }),
  );
}

async function order(first: "longest" | "asked"): Promise<readonly (Story | undefined)[]> {
  const taken = await takeRollouts(db, "a", { countMax: 3, first, but: [] });
  return taken.map((one) => stories.find((story) => story.id === one.rollout));
}

test("looks that somebody asked for come before those that time asks for, in turn", async () => {
  const [a, b, c] = stories;
  await look(a, true);
  await age(db, 1_000);
  await ask(b);
  await age(db, 1_000);
  await ask(c);
  await age(db, 1_000);
  expect(await order("longest")).toEqual([a, b, c]);
  expect(await order("asked")).toEqual([b, c, a]);
  // What the turn itself moved is news too; whoever asks during a look keeps the place.
  await look(b, false);
  await look(c, true);
  await age(db, 1_000);
  await ask(a);
  expect(await order("asked")).toEqual([b, a, c]);
});
