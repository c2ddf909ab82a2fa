import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { type HostId, newId } from "../base/ids.ts";
import { type Labels, type Selector, selects } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { type Inspection, parseInspection } from "./inspection.ts";
import { recordInspection, recordUnreachable } from "./record-inspection.ts";
import { scopeSql } from "./scope.ts";
import {
  currentSets,
  everywhere,
  insertHosts,
  loadHost,
  loadHosts,
  loadOffers,
  loadPackageSet,
} from "./store.ts";
import { loadHistory } from "./store-history.ts";

let made: TestWorld;
beforeAll(async () => {
  made = await testWorld();
});
afterAll(() => made.close());

const actor = systemActor.subject;

async function aHost(name: string, labels: Labels = {}): Promise<{ id: HostId }> {
  const id = newId<HostId>(Date.now());
  const host = { id, name, protocolId: `h-${id}`, labels, way: { kind: "local" } } as const;
  await inTransaction(made.world.db, (tx) =>
    insertHosts(tx, [{ ...host, mode: "managed" }], Date.now()),
  );
  return { id };
}

function anInspection(
  versions: Readonly<Record<string, string>>,
  lists = "ok 1700000000 -",
): Inspection {
  const result = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0",
    `boot ${"0".repeat(32)}`,
    `lists ${lists}`,
    ...Object.entries(versions).flatMap(([name, version]) => [
      `pkg ${name}\tamd64\t${version}\t${name}\t${version}\tinstalled\tauto`,
      `offer ${name}\tamd64\t${version}.1\t${"c".repeat(64)}\t10\tDebian\tbookworm\tmain\t${name}\t${version}.1`,
    ]),
  ]);
  if (result.kind !== "inspection") throw new Error(result.problem);
  return result.inspection;
}

function record(host: { id: HostId }, inspection: Inspection, at: number) {
  return inTransaction(made.world.db, (tx) =>
    recordInspection(tx, host, { inspection, observedAt: at, recordedAt: at + 5, actor }),
  );
}

async function eventCount(host: { id: HostId }): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from event where object = ${`host:${host.id}`}`.execute(made.world.db);
  return rows[0]?.count ?? 0;
}

describe("scopes in SQL", () => {
  test("select exactly the hosts that the pure rule selects", async () => {
    const keys = fc.constantFrom("env", "zone", "x.y/z");
    const values = fc.constantFrom("prod", "dev", "a-b", "1");
    const requirement = fc.oneof(
      fc.record({
        op: fc.constantFrom("in" as const, "not-in" as const),
        key: keys,
        values: fc.array(values, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ op: fc.constantFrom("exists" as const, "absent" as const), key: keys }),
    );
    const selectors = fc.array(fc.array(requirement, { maxLength: 3 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(selectors, fc.dictionary(keys, values), async (given, labels) => {
        const scopes = given as readonly Selector[];
        const { rows } = await sql<{ hit: boolean }>`
          select ${scopeSql(scopes, "h.labels")} as hit
            from (select ${JSON.stringify(labels)}::jsonb as labels) h`.execute(made.world.db);
        expect(rows[0]?.hit).toBe(scopes.some((selector) => selects(selector, labels)));
      }),
      { numRuns: 300 },
    );
  });

  test("take whatever stands in a value as a value", async () => {
    const scopes: readonly Selector[] = [
      [{ op: "in", key: "a'); drop table host; --", values: ["'", '"}'] }],
    ];
    expect(await loadHosts(made.world.db, { scopes })).toEqual([]);
  });
});

describe("recording an inspection", () => {
  test("stores a set once, points both hosts to it and reads it back", async () => {
    const [a, b] = [await aHost("set-a"), await aHost("set-b")];
    expect(await record(a, anInspection({ bash: "5.2" }), 1000)).toBe("changed");
    expect(await record(b, anInspection({ bash: "5.2" }), 1000)).toBe("changed");
    const [one, two] = await loadHosts(made.world.db, { scopes: everywhere, ids: [a.id, b.id] });
    expect(one?.packageSet).toMatch(/^[0-9a-f]{64}$/);
    expect(two?.packageSet).toBe(one?.packageSet);
    const set = await loadPackageSet(made.world.db, one?.packageSet ?? "");
    expect(set?.packages.map((p) => `${p.ecosystem} ${p.name} ${p.version}`)).toEqual([
      "Debian:12 bash 5.2",
    ]);
    expect(await loadOffers(made.world.db, one?.offerSet ?? "")).toMatchObject([
      { version: "5.2.1", sizeBytes: 10 },
    ]);
    const current = await currentSets(made.world.db);
    expect(current.find((c) => c.packageSet === one?.packageSet)?.hostCount).toBe(2);
  });

  test("writes an event and history only when something changed", async () => {
    const host = await aHost("quiet");
    expect(await record(host, anInspection({ dash: "1" }), 1000)).toBe("changed");
    expect(await record(host, anInspection({ dash: "1" }), 2000)).toBe("unchanged");
    expect(await eventCount(host)).toBe(1);
    expect(await record(host, anInspection({ dash: "2" }), 3000)).toBe("changed");
    expect(await eventCount(host)).toBe(2);
    const known = await loadHistory(made.world.db, "host_set", { hostId: host.id, knownAt: 9000 });
    expect(known.map((h) => [h.observedFrom, h.observedTo])).toEqual([
      [1000, 3000],
      [3000, null],
    ]);
    const before = await loadHistory(made.world.db, "host_set", { hostId: host.id, knownAt: 2500 });
    expect(before.map((h) => [h.observedFrom, h.observedTo])).toEqual([[1000, null]]);
  });

  test("writes ranges that never overlap in both times, whatever the clocks say", async () => {
    let number = 0;
    const step = fc.record({
      version: fc.constantFrom("1", "2", "3"),
      lists: fc.constantFrom("ok 1700000000 -", "none 0 gone"),
      at: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const host = await aHost(`history-${number++}`);
        for (const { version, lists, at } of steps) {
          await record(host, anInspection({ dash: version }, lists), at * 1000);
        }
        for (const table of ["host_set", "host_offer"]) {
          const { rows } = await sql`
            select from ${sql.table(table)} a join ${sql.table(table)} b
                on a.host_num = b.host_num and a.ctid < b.ctid
             where a.host_num = (select num from host where id = ${host.id})
               and tstzrange(a.observed_from, a.observed_to)
                && tstzrange(b.observed_from, b.observed_to)
               and tstzrange(a.recorded_from, a.recorded_to)
                && tstzrange(b.recorded_from, b.recorded_to)`.execute(made.world.db);
          expect(rows).toHaveLength(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("survives a clock that was set back", async () => {
    const host = await aHost("clock-back");
    await record(host, anInspection({ dash: "1" }), 5000);
    expect(await record(host, anInspection({ dash: "2" }), 1000)).toBe("changed");
    const known = await loadHistory(made.world.db, "host_set", {
      hostId: host.id,
      knownAt: 99_000,
    });
    expect(known).toHaveLength(2);
    expect(known[1]?.observedTo).toBeNull();
  });

  test("takes vanished package lists as unknown offers and keeps the packages", async () => {
    const host = await aHost("no-lists");
    await record(host, anInspection({ dash: "1" }), 1000);
    await record(host, anInspection({ dash: "1" }, "none 0 gone"), 2000);
    const seen = await loadHost(made.world.db, "no-lists", everywhere);
    expect(seen?.offerSet).toBeNull();
    expect(seen?.packageSet).not.toBeNull();
  });

  test("keeps sets and facts of a host that cannot be reached and says why", async () => {
    const host = await aHost("lost");
    await record(host, anInspection({ dash: "1" }), 1000);
    const tried = { at: 2000, isSilent: true, kind: "unreachable", problem: "No answer.", actor };
    await inTransaction(made.world.db, (tx) => recordUnreachable(tx, host, tried));
    await inTransaction(made.world.db, (tx) => recordUnreachable(tx, host, tried));
    const seen = await loadHost(made.world.db, host.id, everywhere);
    expect(seen?.contact).toEqual({
      state: "unreachable",
      inspectedAt: 1000,
      triedAt: 2000,
      problem: "No answer.",
    });
    expect(seen?.packageSet).not.toBeNull();
    expect(await eventCount(host)).toBe(2);
  });

  test("never lets a host have two current sets, whoever writes them", async () => {
    const host = await aHost("twice");
    await record(host, anInspection({ dash: "1" }), 1000);
    const again = sql`
      insert into host_set (host_num, set_id, observed_from, recorded_from)
      select host_num, set_id, observed_from + interval '1 s', recorded_from + interval '1 s'
        from host_set join host on num = host_num where id = ${host.id}`;
    await expect(again.execute(made.world.db)).rejects.toThrow();
  });

  test("lets ten servers record overlapping sets at once", async () => {
    const hosts = await Promise.all([...Array(10).keys()].map((n) => aHost(`busy-${n}`)));
    const versions = (n: number) =>
      Object.fromEntries(
        [...Array(60).keys()].map((p) => [`pkg${p}`, p % 3 === n % 3 ? `9.${n}` : "9"]),
      );
    const done = await Promise.all(
      hosts.map((host, n) => record(host, anInspection(versions(n)), 1000)),
    );
    expect(done).toEqual(Array(10).fill("changed"));
  });
});
