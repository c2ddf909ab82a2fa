import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goOn } from "../../test/builders/go-on.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { emptyCalendar } from "../calendar/model.ts";
import { type Db, inTransaction, isUniqueViolation } from "../db/database.ts";
import { halt, stop } from "./actions-halt.ts";
import { retryHosts, skipHost } from "./actions-hosts.ts";
import { type Claimed, claim } from "./store-claims.ts";
import { type PermitAsk, permit } from "./store-permits.ts";
import { applyResults, type SignedResult } from "./store-results.ts";
import {
  addHosts,
  aRollout,
  brokenInvariants,
  openAllWaves,
  own,
  type Story,
  targetsOf,
} from "./store-story.ts";
import { recordProgress } from "./store-targets.ts";
import { loadWords } from "./store-view.ts";

/** The same word a hundred times, and everybody's word at once. */
let made: TestWorld;
let db: Db;
beforeAll(async () => {
  made = await testWorld();
  db = made.world.db;
});
afterAll(() => made.close());

const TIMES = 100;
const under = (story: Story) => ({
  scopes: story.scopes,
  change: story.change,
  changes: [story.change],
  calendar: emptyCalendar,
});

async function aClaimed(hosts: number): Promise<[Story, readonly Claimed[]]> {
  const gate = { inFlightMax: hosts };
  const story = await aRollout(db, [{ ring: "canary", hosts: await addHosts(db, hosts), gate }]);
  await openAllWaves(db, story);
  const owner = await own(db, story, "a");
  const job = { wave: 1, kind: "apply", leaseSeconds: 60 } as const;
  return [story, await claim(db, { ...owner, ...job, ...under(story) })];
}

function askOf(target: Claimed): PermitAsk {
  const { rollout, host, leafIndex: index, attempt, epoch } = target;
  return { rollout, host, index, attempt, epoch, kind: "apply", nonce: sha256(host).slice(0, 32) };
}

function resultOf({ plan }: Story, { host }: Claimed): SignedResult {
  const document = `result ${host}`;
  return {
    ...{ plan, host, attempt: 1, kind: "apply", state: "done", code: "-", way: "ssh", counter: 1 },
    ...{ document, digest: sha256(document), signature: "s", signedBy: "k", lookBy: null },
    move: {
      ...{ verb: "result-done", job: "apply", hold: null, isUnbegun: false },
      retryAfterSeconds: 0,
    },
  };
}

/** The same nonce at the same moment: the table has room for one, and the other gets no answer. */
async function askFor(story: Story, target: Claimed): Promise<void> {
  try {
    await permit(db, [askOf(target)], under(story));
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
  }
}

async function atOnce<T>(count: number, act: () => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: count }, act));
}

describe("each message a hundred times", () => {
  test("gives one permit, one journal, one result, and late ones change nothing", async () => {
    const [story, [first]] = await aClaimed(1);
    const target = first as Claimed;
    const asked = await atOnce(TIMES, () => permit(db, [askOf(target)], under(story)));
    expect(asked.flat()).toHaveLength(1);
    const { rollout, host, attempt } = target;
    const begin = { rollout, host, attempt, verb: "begin" as const, step: "APPLYING step=1" };
    await atOnce(TIMES, () => inTransaction(db, (tx) => recordProgress(tx, [begin])));
    expect((await targetsOf(db, story))[0]).toMatchObject({ state: "applying" });
    const result = resultOf(story, target);
    const applied = await atOnce(TIMES, () =>
      inTransaction(db, (tx) => applyResults(tx, [result])),
    );
    expect(applied.flat()).toHaveLength(1);
    // What was said on the way comes late, and the attempt is closed.
    await inTransaction(db, (tx) => recordProgress(tx, [begin]));
    expect(await permit(db, [askOf(target)], under(story))).toEqual([]);
    expect((await targetsOf(db, story))[0]).toMatchObject({ state: "done" });
    const { rows } = await sql<{ permits: number; results: number }>`
      select (select count(*) from job_permit where rollout = ${rollout}) as permits,
             (select count(*) from job_result where plan = ${story.plan}) as results`.execute(db);
    expect(rows).toEqual([{ permits: 1, results: 1 }]);
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

describe("a batch of asks", () => {
  test("gives one permit for the same ask, and one for each other ask of the host", async () => {
    const [story, [first]] = await aClaimed(1);
    const ask = askOf(first as Claimed);
    const other = { ...ask, nonce: "e".repeat(32) };
    const granted = await permit(db, [ask, ask, other], under(story));
    expect(granted.map((one) => one.nonce)).toEqual([ask.nonce, other.nonce]);
    expect(new Set(granted.map((one) => one.counter)).size).toBe(2);
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

describe("operators who act at once", () => {
  test("leave a rollout as one order of their acts would, and nobody starts after the last halt", async () => {
    const [story, claimed] = await aClaimed(6);
    const { world } = made;
    const input = { rollout: story.id, reason: "at once" };
    const { rows: hosts } = await sql<{ name: string }>`
      select h.name from target t join host h on h.id = t.host
       where t.rollout = ${story.id} order by t.leaf_index`.execute(db);
    const names = hosts.map(({ name }) => name);
    const acts: (() => Promise<unknown>)[] = [
      () => halt(world, systemActor, { ...input, isFrozen: false }),
      () => goOn(world, story.id),
      () =>
        retryHosts(world, systemActor, { rollout: story.id, hosts: null, except: [], reason: "r" }),
      ...names.map((host) => () => skipHost(world, systemActor, { ...input, host })),
      ...claimed.map((one) => () => askFor(story, one)),
    ];
    const ends = await Promise.allSettled([...acts, ...acts].map((act) => act()));
    // Who lost says so in words; a deadlock or a broken constraint would be no `Failure`.
    const causes = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
    expect(causes.filter((cause) => !(cause instanceof Failure))).toEqual([]);
    expect(await brokenInvariants(db)).toEqual([]);
    await stop(world, systemActor, input);
    const late = await Promise.all(claimed.map((one) => permit(db, [askOf(one)], under(story))));
    expect(late.flat()).toEqual([]);
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

describe("another attempt", () => {
  test("is for those that failed but are not spared, and says whose and why", async () => {
    const [story, claimed] = await aClaimed(3);
    const { world } = made;
    const fail = claimed.map((one) => {
      const result = resultOf(story, one);
      return {
        ...result,
        state: "failed",
        code: "E_DISK",
        move: { ...result.move, verb: "result-failed" },
      };
    }) as SignedResult[];
    await inTransaction(db, (tx) => applyResults(tx, fail));
    const { rows } = await sql<{ name: string }>`
      select h.name from target t join host h on h.id = t.host
       where t.rollout = ${story.id} order by t.leaf_index`.execute(db);
    const [spared, ...others] = rows.map(({ name }) => name);
    const act = { rollout: story.id, hosts: null, except: [spared!], reason: "space freed" };
    const unknown = { ...act, except: ["no-such"] };
    await expect(retryHosts(world, systemActor, unknown)).rejects.toMatchObject({
      code: "not-found",
      message: "There is no host no-such.",
    });
    const again = await retryHosts(world, systemActor, act);
    expect(again.map(({ name }) => name).toSorted()).toEqual(others.toSorted());
    expect((await targetsOf(db, story)).map(({ state }) => state)).toEqual([
      "failed",
      ...others.map(() => "ready"),
    ]);
    const [word] = await loadWords(db, story.id);
    expect(word).toMatchObject({ verb: "tried again", words: "space freed" });
    const { rows: events } = await sql<{ facts: object }>`
      select facts from event where type = 'target.retried'
       order by id desc limit 1`.execute(db);
    const hosts = sha256(
      again
        .map(({ id }) => id)
        .toSorted()
        .join("\n"),
    );
    expect(events[0]?.facts).toMatchObject({ count: 2, hosts });
  });
});
