import { sql } from "kysely";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { emptyCalendar } from "../calendar/model.ts";
import { clientConfig, type Db } from "../db/database.ts";
import { type Claimed, claim } from "./store-claims.ts";
import { bePresent, releaseDead } from "./store-presence.ts";
import { takeUnjudged } from "./store-results.ts";
import { addHosts, aRollout, openAllWaves, own, type Story } from "./store-story.ts";
import { keepLeases, takeOverConversations } from "./store-targets.ts";
import { takeRollouts } from "./store-turn.ts";

let made: TestWorld;
let db: Db;
let story: Story;
const leaving: (() => Promise<void>)[] = [];
beforeEach(async () => {
  made = await testWorld();
  db = made.world.db;
  story = await aRollout(db, [{ ring: "canary", hosts: await addHosts(db, 2) }]);
  await openAllWaves(db, story);
});
afterEach(async () => {
  for (const leave of leaving.splice(0)) await leave();
  await made.close();
});

/** A server that is there until it leaves. */
async function arrive(server: string): Promise<() => Promise<void>> {
  const abort = new AbortController();
  let present: Promise<void> = Promise.resolve();
  await new Promise<void>((onHeld, reject) => {
    present = bePresent(db, server, { signal: abort.signal, onHeld });
    present.catch(reject);
  });
  const leave = async (): Promise<void> => {
    abort.abort();
    await present.catch(() => undefined);
  };
  leaving.push(leave);
  return leave;
}

/** All of the first wave. */
function everyTarget() {
  const { scopes, change } = story;
  const calendar = emptyCalendar;
  return { wave: 1, kind: "apply", leaseSeconds: 60, scopes, change, calendar } as const;
}

async function claimAll(server: string): Promise<readonly Claimed[]> {
  const owned = await own(db, story, server);
  return claim(db, { ...owned, ...everyTarget() });
}

test("a server that is there keeps its rollouts and its talks", async () => {
  await arrive("a");
  expect(await claimAll("a")).toHaveLength(2);
  expect(await releaseDead(db, "b")).toEqual([]);
  expect(await takeRollouts(db, "b")).toEqual([]);
  expect(await takeOverConversations(db, "b", 10)).toEqual([]);
});

test("what a server held is free at once when it is gone", async () => {
  const leave = await arrive("a");
  await arrive("b");
  expect(await claimAll("a")).toHaveLength(2);
  await leave();
  expect(await releaseDead(db, "b")).toEqual(["a"]);
  expect(await takeRollouts(db, "b")).toHaveLength(1);
  expect(await takeOverConversations(db, "b", 10)).toHaveLength(2);
  // Once is enough: nothing of it is left.
  expect(await releaseDead(db, "c")).toEqual([]);
});

test("its death is seen by the end of its session, whatever ends that", async () => {
  await arrive("a");
  expect(await claimAll("a")).toHaveLength(2);
  await sql`
    select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and granted and mode = 'ExclusiveLock'
       and database = (select oid from pg_database where datname = current_database())`.execute(db);
  await expect.poll(() => releaseDead(db, "b"), { timeout: 10_000 }).toEqual(["a"]);
});

test("nobody declares itself dead", async () => {
  expect(await claimAll("a")).toHaveLength(2);
  expect(await releaseDead(db, "a")).toEqual([]);
});

test("of a server that was taken for dead, and was not, no write counts any more", async () => {
  const owned = await own(db, story, "a");
  expect(await releaseDead(db, "b")).toEqual(["a"]);
  expect(await takeRollouts(db, "b")).toHaveLength(1);
  expect(await claim(db, { ...owned, ...everyTarget() })).toEqual([]);
});

test("a talk that goes on does not keep a look: that has a time of its own", async () => {
  const keys = await claimAll("a");
  await sql`
    update target set state = 'done', ended_at = now(), talk_until = null,
                      lease_until = now() - interval '1 second'`.execute(db);
  await keepLeases(db, "a", { keys, leaseSeconds: 120 });
  const take = { owner: "b", countMax: 10, leaseSeconds: 12 };
  expect(await takeUnjudged(db, take)).toHaveLength(keys.length);
});

test("pages hear of a claim, and not of leases that are kept or taken over", async () => {
  const heard: string[] = [];
  const ear = new pg.Client(clientConfig(made.connection));
  await ear.connect();
  ear.on("notification", ({ payload }) => heard.push(payload ?? ""));
  await ear.query("listen fettle_hint");
  /** All that was said until now: notifications come in the order of their commits. */
  const said = async (): Promise<readonly string[]> => {
    await sql`select pg_notify('fettle_hint', 'end')`.execute(db);
    await expect.poll(() => heard.at(-1)).toBe("end");
    return heard.splice(0).slice(0, -1);
  };
  const keys = await claimAll("a");
  expect(await said()).toContain(`rollout:${story.id}`);
  await keepLeases(db, "a", { keys, leaseSeconds: 60 });
  expect(await said()).toEqual([]);
  await sql`update target set talk_until = now() - interval '1 second'`.execute(db);
  expect(await said()).toEqual([`rollout:${story.id}`]);
  expect(await takeOverConversations(db, "b", 10)).toHaveLength(2);
  expect(await said()).toEqual([]);
  await ear.end();
});
