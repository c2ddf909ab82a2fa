import { rmSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { ChangeId, PatchId, SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { comingFrom, type Origin } from "./origin.ts";
import { recordEvent, recordEvents } from "./record.ts";
import { readTimeline } from "./store.ts";
import { destroySubjectKey, openSealed, sealAbout, withholdSealed } from "./store-seal.ts";

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
      await expect(statement.execute(world.db)).rejects.toThrow(/append-only|permission denied/);
    }
  });

  test("an event too large to keep is refused before it is written", async () => {
    const facts = { text: "x".repeat(8_400_000) };
    await expect(
      inTransaction(world.db, (tx) =>
        recordEvent(tx, { type: "a.b", actor, object: "a:b", facts }),
      ),
    ).rejects.toMatchObject({ code: "too-large" });
  });

  test("an event says which request it came from, and the address only to whoever may know", async () => {
    const origin: Origin = {
      request: "r-1",
      via: "session",
      session: "0123456789abcdef",
      address: "192.0.2.7",
      signIn: async () => ({ by: "passkey", strength: "two" }),
      seal: (tx, subject, text) => sealAbout(world, tx, { subject, text }),
    };
    const change = "c-origin" as ChangeId;
    await comingFrom(origin, () =>
      inTransaction(world.db, (tx) =>
        recordEvents(tx, [
          { type: "role.granted", actor, object: "subject:s-2", change, rule: "two-persons" },
          { type: "role.granted", actor, object: "subject:s-3", change, refused: "forbidden" },
        ]),
      ),
    );
    const [done, refused] = await readTimeline(world.db, { change });
    expect(done?.circumstances).toMatchObject({
      ...{ request: "r-1", via: "session", session: "0123456789abcdef" },
      ...{ signIn: { by: "passkey", strength: "two" } },
      ...{ outcome: "done", rule: "two-persons", build: expect.any(String) },
    });
    expect(refused?.circumstances).toMatchObject({ outcome: "refused", error: "forbidden" });
    expect(JSON.stringify([done, refused])).not.toContain("192.0.2.7");
    expect(await openSealed(world, done)).toMatchObject({
      circumstances: { address: "192.0.2.7" },
    });
    expect(withholdSealed(done)).toMatchObject({ circumstances: { address: "(sealed)" } });
  });

  test("what was sealed about a forgotten person is lost for good, and nothing new is kept", async () => {
    const subject = "s-forgotten" as SubjectId;
    const seal = () =>
      inTransaction(world.db, (tx) => sealAbout(world, tx, { subject, text: "Carol" }));
    const [before, twice] = [await seal(), await seal()];
    expect(before).not.toBe(twice);
    expect(await openSealed(world, [before, twice])).toEqual(["Carol", "Carol"]);
    const forget = () => inTransaction(world.db, (tx) => destroySubjectKey(tx, subject));
    expect(await forget()).toBe(true);
    expect(await forget()).toBe(false);
    expect(await openSealed(world, before)).toBe("(erased)");
    expect(await seal()).toBe("(erased)");
    for (const statement of [
      sql`update subject_key set sealed_key = ${Buffer.alloc(60)}, destroyed_at = null
           where subject = ${subject}`,
      sql`delete from subject_key`,
    ]) {
      await expect(statement.execute(world.db)).rejects.toThrow(/made once|permission denied/);
    }
  });

  test("without the key outside the database, nothing is sealed under a second one", async () => {
    const made = await testWorld();
    const seal = (of: World) =>
      inTransaction(of.db, (tx) => sealAbout(of, tx, { subject: actor, text: "x" }));
    await seal(made.world);
    rmSync(join(made.world.paths.state, "ledger/seal.key"));
    await expect(seal({ ...made.world })).rejects.toThrow(/which is missing/);
    await made.close();
  });
});
