import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { HOUR_MS } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import { loadChanges, loadNoted, type Noted } from "./store-knowledge-change.ts";

let made: TestWorld;
beforeAll(async () => {
  made = await testWorld();
});
afterAll(async () => made.close());

async function note(reader: Reader, source: string): Promise<void> {
  await sql`select intel_note_keys('source', array[${source}])`.execute(reader);
}

const longAgo = (look: Noted): Noted => ({ ...look, at: look.at - HOUR_MS });

describe("what changed since a look long ago", () => {
  test("is told by source as long as no note can have gone", async () => {
    const { db } = made.world;
    await note(db, "openssl");
    const before = await loadNoted(db);
    await note(db, "zlib");
    const changes = await loadChanges(db, longAgo(before), await loadNoted(db));
    expect(changes?.sources).toEqual(["zlib"]);
    const nothing = await loadChanges(db, longAgo(before), before);
    expect(nothing).toMatchObject({ sources: [], packages: [], facts: [] });
  });

  test("may be all where the note of a transaction that was open then has gone", async () => {
    const { db } = made.world;
    const owner = made.owner();
    const before = await db.transaction().execute(async (open) => {
      await note(open, "curl");
      const look = await loadNoted(db);
      for (let at = 0; at < 100; at += 1) await note(db, `other-${at}`);
      return look;
    });
    expect((await loadChanges(db, before, await loadNoted(db)))?.sources).toContain("curl");
    await sql`update intel_change set at = now() - interval '1 hour'`.execute(owner);
    await note(db, "last");
    const now = await loadNoted(db);
    const { rows } = await sql`select key from intel_change_of where key = 'curl'`.execute(db);
    expect(rows).toEqual([]);
    expect(await loadChanges(db, longAgo(before), now)).toBeNull();
  });
});
