import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { effectiveUser } from "../../lab/machine.ts";
import { allPages } from "../../src/cli/pages.ts";
import { ask } from "../../src/client/client.ts";
import {
  addHosts,
  type Fleet,
  must,
  ringsPolicy,
  startFleet,
  until,
  whole,
  writeFile,
} from "../e2e/fleet.ts";
import {
  expectGoodEnd,
  hasRoundEnded,
  installOld,
  type Round,
  startRound,
} from "../e2e/kill-rounds.ts";
import { postmaster } from "../e2e/launcher.ts";
import { addHost, isStored, startWriters, tell, type Writers } from "./writers.ts";

/**
 * PostgreSQL is stopped in each way it knows while rollouts run and people write. Whoever was told
 * that something is stored finds it there; whoever was refused finds it whole or not at all, and is
 * told to try again. The rollouts end well, and nobody helps.
 */
const WRITERS = 4;
const WRITES_BETWEEN = 20;
const BACK_MS_MAX = 60_000;
/** pg_ctl's three ways to stop: when all have gone, at once in good order, and without any order. */
const stops = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;

describe.skipIf(effectiveUser() !== 0)("a database that is stopped under load", whole, () => {
  let fleet: Fleet;
  let round: Round;
  let writers: Writers;

  beforeAll(async () => {
    fleet = await startFleet({ name: "load", hosts: 3, sources: "own" });
    await Promise.all(fleet.lab.hosts.map((host) => installOld(host)));
    // One ring after the other, so that the rollouts outlast the stops.
    await addHosts(fleet, ringsPolicy());
    writers = await startWriters(fleet.alice.client, WRITERS);
    const sources = ["lab-good", "lab-conffile", "liblab1"];
    round = await startRound(fleet, { sources, atOnce: 1 });
  }, 300_000);

  afterAll(async () => {
    await writers?.stop();
    await fleet?.close();
  }, 120_000);

  test.each(stops)("is back by itself after %s", async (signal) => {
    const [stored, refused] = [writers.stored(), writers.refused()];
    await until("more to be stored", BACK_MS_MAX, async () => {
      return writers.stored() >= stored + WRITES_BETWEEN;
    });
    expect(await hasRoundEnded(fleet, round)).toBe(false);
    const first = postmaster(fleet.server.state)!;
    process.kill(first, signal);
    await until("a write to be refused", BACK_MS_MAX, async () => writers.refused() > refused);
    const before = writers.stored();
    await until("writes to be stored again", BACK_MS_MAX, async () => {
      const now = postmaster(fleet.server.state);
      return now !== null && now !== first && writers.stored() > before;
    });
    expect(fleet.server.isRunning()).toBe(true);
  });

  test("the rollouts that ran meanwhile end well, each effect once", async () => {
    await writers.stop();
    await expectGoodEnd(fleet, round);
    // It gives up before, with a picture of where each host stands.
  }, 270_000);

  test("every write was stored, or refused with what to do", () => {
    const told = [...writers.written.added.values(), ...[...writers.written.edits.values()].flat()];
    const refusals = new Set(
      told.filter((one) => !isStored(one)).map((one) => JSON.stringify(one)),
    );
    expect([...refusals]).toEqual([
      JSON.stringify({
        code: "unavailable",
        sentence: "The database cannot be reached, or took too long. Try again in a moment.",
      }),
    ]);
  });

  test("what was acknowledged is there, what was refused is whole or not there, and the ledger agrees", async () => {
    const { added, edits } = writers.written;
    const events = await ledger();
    const hosts = await storedHosts();
    for (const [name, told] of added) {
      const host = hosts.get(name);
      if (isStored(told)) expect(host, name).toBeDefined();
      if (host !== undefined) expect(countOf(events, "host.added", host.id), name).toBe(1);
    }
    const names = new Set([
      ...added.keys(),
      ...edits.keys(),
      ...fleet.lab.hosts.map(({ name }) => name),
    ]);
    expect([...hosts.keys()].filter((name) => !names.has(name))).toEqual([]);
    expect(events.filter((event) => event.type === "host.added")).toHaveLength(hosts.size);
    for (const [name, told] of edits) {
      const { id = "", labels = {} } = hosts.get(name) ?? {};
      expect(labels["left"], name).toBe(labels["right"]);
      const last = told.findLastIndex(isStored);
      expect(Number(labels["left"]?.slice(1)), name).toBeGreaterThanOrEqual(last);
      const recorded = countOf(events, "host.edited", id);
      expect(recorded, name).toBeGreaterThanOrEqual(told.filter(isStored).length);
      expect(recorded, name).toBeLessThanOrEqual(told.length);
    }
  });

  test("whoever was refused can write it again", async () => {
    const refused = [...writers.written.added].filter(([, told]) => !isStored(told));
    const again = refused.map(([name]) => tell(addHost(fleet.alice.client, name)));
    const codes = new Set((await Promise.all(again)).map(({ code }) => code));
    expect([...codes].filter((code) => code !== "stored" && code !== "conflict")).toEqual([]);
  });

  async function storedHosts() {
    const { client } = fleet.alice;
    const items = await allPages((cursor) => {
      const query = { limit: 200, ...(cursor === undefined ? {} : { cursor }) };
      return ask(client.GET("/api/v1/hosts", { params: { query } }));
    });
    return new Map(items.map((host) => [host.name, host]));
  }

  /** The entries of the ledger, after the offline verifier has judged it. */
  async function ledger(): Promise<readonly LedgerEvent[]> {
    const file = writeFile(fleet, "ledger.jsonl", "");
    const key = (await must(fleet.alice.fettle("audit", "key"))).trim();
    await must(fleet.alice.fettle("audit", "export", file));
    expect(await must(fleet.alice.fettle("audit", "verify", file, "--key", key))).toMatch(/^Good/);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return lines.flatMap((line) => (JSON.parse(line) as { entry?: LedgerEvent }).entry ?? []);
  }
});

interface LedgerEvent {
  readonly type: string;
  readonly object: string;
}

function countOf(events: readonly LedgerEvent[], type: string, id: string): number {
  return events.filter((event) => event.type === type && event.object === `host:${id}`).length;
}
