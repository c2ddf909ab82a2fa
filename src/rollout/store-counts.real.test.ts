import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { RolloutId } from "../base/ids.ts";
import { type Db, inTransaction } from "../db/database.ts";
import { randomFrom } from "./simulation-random.ts";
import { type CountRow, foldCounts, loadCounts } from "./store-counts.ts";
import { addHosts, aRollout, brokenInvariants, type Story } from "./store-story.ts";

let made: TestWorld;
let db: Db;
beforeAll(async () => {
  made = await testWorld();
  db = made.world.db;
});
afterAll(() => made.close());

const HOSTS = 40;

async function aStory(): Promise<Story> {
  const hosts = await addHosts(db, HOSTS);
  return aRollout(db, [
    { ring: "canary", hosts: hosts.slice(0, 10), gate: {} },
    { ring: "rest", hosts: hosts.slice(10), gate: {} },
  ]);
}

const fold = (id: RolloutId) =>
  inTransaction(db, async (tx) => {
    await sql`select from rollout where id = ${id} for no key update`.execute(tx);
    await foldCounts(tx, id);
  });

const rowsOf = async (id: RolloutId): Promise<number> => {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from target_count where rollout = ${id}`.execute(db);
  return rows[0]?.count ?? 0;
};

/** What one look at every target counts. */
async function looked(id: RolloutId): Promise<readonly CountRow[]> {
  const hosts = (condition: RawBuilder<unknown>) =>
    sql`(count(*) filter (where ${condition}))::int`;
  const isLost = sql`(t.state = 'unknown' or (t.state = 'held' and t.is_begun))`;
  const isBusy = sql`(t.state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying'))`;
  const isDue = sql`(t.retry_at is null or t.retry_at <= now())`;
  const isOver = sql`t.state in ('done', 'noop')`;
  const { rows } = await sql<CountRow>`
    select t.wave,
      ${hosts(sql`t.state = 'ready' and t.kind = 'apply' and ${isDue}`)} as ready,
      ${hosts(sql`t.state = 'ready' and t.kind = 'apply' and not ${isDue}`)} as deferred,
      ${hosts(sql`t.state = 'ready' and t.kind = 'revert'`)} as "readyRevert",
      ${hosts(isBusy)} as active, ${hosts(isLost)} as unknown,
      ${hosts(sql`${isOver} and t.verdict is null`)} as checking,
      ${hosts(sql`${isOver} and t.verdict = 'verified'`)} as verified,
      ${hosts(sql`${isOver} and t.verdict = 'unverified'`)} as unverified,
      ${hosts(sql`t.state = 'failed'`)} as failed,
      ${hosts(sql`t.state in ('rolled-back', 'reverted')`)} as "rolledBack",
      ${hosts(sql`t.state = 'held' and not t.is_begun`)} as held,
      ${hosts(sql`t.state = 'lost'`)} as lost, ${hosts(sql`t.state = 'skipped'`)} as skipped,
      ${hosts(sql`not t.is_acknowledged
        and (t.state in ('failed', 'rolled-back', 'lost') or ${isLost})`)} as "newFailures",
      ${hosts(sql`not t.is_acknowledged and ${isOver} and t.verdict = 'verified'`)}
        as "newSuccesses",
      ${hosts(sql`t.state = 'done' and t.kind = 'apply'
        and t.ended_at > now() - make_interval(secs => r.revert_seconds)`)} as revertible,
      ${hosts(sql`t.kind = 'revert'`)} as "orderedBack",
      ${hosts(sql`t.kind = 'revert' and (${isBusy} or ${isLost})`)} as reverting,
      ${hosts(sql`(t.state = 'ready' and not ${isDue}) or (t.kind = 'apply'
        and t.attempt < r.attempts_max and (t.state in ('failed', 'rolled-back')
          or (t.state = 'held' and not t.is_begun)))`)} as retryable,
      floor(extract(epoch from max(t.ended_at)) * 1000)::bigint as "lastEndedAt"
    from target t join rollout r on r.id = t.rollout
   where t.rollout = ${id} group by t.wave order by t.wave`.execute(db);
  return rows;
}

async function counted(id: RolloutId): Promise<readonly CountRow[]> {
  return (await loadCounts(db, id)).toSorted((a, b) => a.wave - b.wave);
}

async function expectTrue(id: RolloutId): Promise<void> {
  expect(await counted(id)).toEqual(await looked(id));
}

const states = [
  ...["ready", "leased", "permitted", "applying", "unknown", "held", "done", "noop", "failed"],
  ...["rolled-back", "reverted", "skipped", "lost", "done", "ready"],
];

describe("counts of targets", () => {
  test("are what a look at every target counts, whatever moves and whoever puts them together", async () => {
    const { id } = await aStory();
    await expectTrue(id);
    await fold(id);
    await expectTrue(id);
    const { next: random } = randomFrom(7);
    const upTo = (most: number) => Math.floor(random() * most);
    for (let turn = 0; turn < 120; turn += 1) {
      const state = states[upTo(states.length)] ?? "ready";
      const verdict = [null, "verified", "unverified"][upTo(3)] ?? null;
      const isOver = ["done", "noop"].includes(state);
      const isBegun = !["ready", "leased", "skipped"].includes(state) && random() < 0.7;
      // Sometimes earlier than what ended before, or by days, or not at all any more.
      const ended = [null, 0, 5, 90_000, 300_000][upTo(5)] ?? null;
      await sql`
        update target set state = ${state}, verdict = ${isOver ? verdict : null},
               is_begun = ${isBegun}, is_acknowledged = ${random() < 0.2},
               kind = ${random() < 0.2 ? "revert" : "apply"}, attempt = ${1 + upTo(3)},
               wave = case when ${random() < 0.1} then 3 - wave else wave end,
               lease_until = now() + interval '1 hour',
               retry_at = ${[null, null, -60, 60][upTo(4)] ?? null}::int * interval '1 second' + now(),
               ended_at = now() - make_interval(secs => ${ended}::float8)
         where rollout = ${id} and leaf_index between ${upTo(HOSTS)} and ${upTo(HOSTS)}`.execute(
        db,
      );
      await sql`
        update wave w set host_count = (
          select count(*) from target t where t.rollout = w.rollout and t.wave = w.number)
         where rollout = ${id}`.execute(db);
      if (random() < 0.3) await fold(id);
      await expectTrue(id);
    }
  });

  test("are few rows after a turn, and no look at the targets is needed", async () => {
    const { id } = await aStory();
    await fold(id);
    for (let at = 0; at < 230; at += 1) {
      await sql`
        update target set state = ${Math.floor(at / HOSTS) % 2 === 0 ? "skipped" : "ready"}
         where rollout = ${id} and leaf_index = ${at % HOSTS}`.execute(db);
    }
    expect(await rowsOf(id)).toBeGreaterThan(400);
    await fold(id);
    expect(await rowsOf(id)).toBeLessThan(5);
    await expectTrue(id);
    // A host less than there are: were the targets looked at, this would not be seen.
    const change = async (by: number) => {
      await sql`update target_count set hosts = hosts + ${by}
                 where rollout = ${id} and wave = 2 and state = 'ready'`.execute(db);
      await sql`update wave set host_count = host_count + ${by}
                 where rollout = ${id} and number = 2`.execute(db);
    };
    await change(-1);
    expect((await counted(id))[1]?.ready).toBe(((await looked(id))[1]?.ready ?? 0) - 1);
    await change(1);
    await expectTrue(id);
  });

  test("are of the targets themselves where rows are missing, too many, or of other hosts", async () => {
    const { id } = await aStory();
    await fold(id);
    for (const lie of [
      sql`delete from target_count where rollout = ${id} and wave = 1`,
      sql`insert into target_count (rollout, wave, state, kind, hosts)
          values (${id}, 1, 'done', 'apply', 1)`,
      sql`insert into target_count (rollout, wave, hosts, is_stale) values (${id}, 2, 0, true)`,
    ]) {
      await lie.execute(db);
      await expectTrue(id);
      await fold(id);
      await expectTrue(id);
      expect(await rowsOf(id)).toBe(2);
    }
  });

  test("hold while many move at once and others put them together", async () => {
    const { id } = await aStory();
    await fold(id);
    const move = async (at: number) => {
      for (let turn = 0; turn < 25; turn += 1) {
        await inTransaction(db, async (tx) => {
          await sql`
            update target set state = ${turn % 2 === 0 ? "failed" : "ready"},
                   ended_at = case when ${turn % 2 === 0} then now() end
             where rollout = ${id} and leaf_index % 5 = ${at}`.execute(tx);
          if (turn % 7 === 3) throw new Error("taken back");
        }).catch((cause: Error) => expect(cause.message).toBe("taken back"));
      }
    };
    let isOver = false;
    const folding = async () => {
      while (!isOver) {
        await fold(id);
        const sums = await counted(id);
        const hosts = sums.map(({ ready, failed }) => ready + failed);
        expect(hosts).toEqual([10, 30]);
      }
    };
    const folded = Promise.all([folding(), folding()]);
    await Promise.all([0, 1, 2, 3, 4].map(move));
    isOver = true;
    await folded;
    await expectTrue(id);
    const broken = await brokenInvariants(db);
    expect(broken.filter((one) => one.includes("than counted"))).toEqual([]);
  });
});
