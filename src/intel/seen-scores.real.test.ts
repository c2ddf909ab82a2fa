import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { DAY_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import { keepSeenScores } from "./store-known.ts";

const now = Date.parse("2026-11-23T12:00:00Z");
const ID = "CVE-2024-1000";
let made: TestWorld;
beforeAll(async () => {
  made = await testWorld({ clock: () => now });
});
afterAll(async () => made.close());

interface Row {
  readonly at: number;
  readonly score: number | null;
}

async function rows(): Promise<readonly Row[]> {
  const { rows: found } = await sql<Row>`
    select at, score from epss_seen where id = ${ID} order by at`.execute(made.world.db);
  return found;
}

it("keeps each day's score for 400 days, and before that the first of each month and each gap", async () => {
  const days = Array.from({ length: 800 }, (_, n) => now - (800 - n) * DAY_MS);
  // Nobody scored it for some days in the middle of a month that is long ago.
  const isGap = (at: number): boolean =>
    at >= Date.parse("2025-03-10T00:00:00Z") && at < Date.parse("2025-03-14T00:00:00Z");
  const all = days.map((at, n): Row => ({ at, score: isGap(at) ? null : (n % 100) / 128 }));
  await sql`
    insert into epss_seen (id, at, score, percentile)
    select ${ID}, to_timestamp(at / 1000), score, score
      from unnest(${all.map(({ at }) => at)}::float8[], ${all.map(({ score }) => score)}::real[])
        as t (at, score)`.execute(made.world.db);
  await inTransaction(made.world.db, (tx) =>
    keepSeenScores(tx, now, sql`select ${ID}::text as vulnerability`),
  );
  const kept = await rows();
  const limit = now - 400 * DAY_MS;
  expect(kept.filter(({ at }) => at >= limit && at < now)).toEqual(
    all.filter(({ at }) => at >= limit),
  );
  const month = ({ at }: Row): string => new Date(at).toISOString().slice(0, 7);
  const old = all.filter(({ at }) => at < limit);
  const firsts = [...Map.groupBy(old, month).values()].flatMap(([first]) => first ?? []);
  const gap = old.filter((row, n) => row.score === null || old[n - 1]?.score === null);
  const expected = new Set([...firsts, ...gap]);
  expect(gap.length).toBe(5);
  expect(kept.filter(({ at }) => at < limit)).toEqual(old.filter((row) => expected.has(row)));
  // Whatever day is asked of, its score was known in that month by that day.
  for (const { at } of old) {
    const told = kept.findLast((row) => row.at <= at);
    expect(all.find((row) => row.at === told?.at)?.score).toBe(told?.score);
    expect(month(told as Row)).toBe(month({ at, score: 0 }));
  }
});
