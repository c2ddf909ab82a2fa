import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { PatchId, SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent, recordEvents } from "./record.ts";
import { readTimeline } from "./store.ts";

const actor: SubjectId = systemActor.subject;
let world: World;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ world, close } = await testWorld());
});
afterAll(() => close());

describe("recording events", () => {
  test("an event is written with the change and not without it", async () => {
    await expect(
      inTransaction(world.db, async (tx) => {
        await recordEvent(tx, { type: "host.added", actor, object: "host:gone" });
        throw new Error("the change failed");
      }),
    ).rejects.toThrow("the change failed");
    expect(await readTimeline(world.db, { host: "gone" })).toEqual([]);
  });

  test("a timeline shows a patch's events in the order written", async () => {
    const patch = "p-1" as PatchId;
    await inTransaction(world.db, (tx) =>
      recordEvents(tx, [
        { type: "patch.opened", actor, object: "patch:p-1", patch },
        { type: "patch.changed", actor, object: "patch:p-1", patch, facts: { n: [1, "é"] } },
      ]),
    );
    const events = await readTimeline(world.db, { patch });
    expect(events.map((e) => e.type)).toEqual(["patch.opened", "patch.changed"]);
    expect(events[1]?.facts).toEqual({ n: [1, "é"] });
    expect(events[0]?.index).toBeNull();
    const rest = await readTimeline(world.db, { patch, after: events[0]!.place });
    expect(rest.map((e) => e.type)).toEqual(["patch.changed"]);
  });

  test("the database refuses to change, delete or truncate events", async () => {
    for (const statement of [
      sql`update event set actor = 'x'`,
      sql`delete from event`,
      sql`truncate event cascade`,
    ]) {
      await expect(statement.execute(world.db)).rejects.toThrow(/append-only/);
    }
  });

  test("an event too large for an entry is refused before it is written", async () => {
    const facts = { text: "x".repeat(62_000) };
    await expect(
      inTransaction(world.db, (tx) =>
        recordEvent(tx, { type: "a.b", actor, object: "a:b", facts }),
      ),
    ).rejects.toMatchObject({ code: "too-large" });
  });
});
