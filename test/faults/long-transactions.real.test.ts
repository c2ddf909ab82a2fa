import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import type { RolloutId } from "../../src/base/ids.ts";
import { clientConfig } from "../../src/db/database.ts";
import { startRollout } from "../../src/rollout/actions.ts";
import { halt } from "../../src/rollout/actions-halt.ts";
import { type Rollouts, startRollouts } from "../../src/rollout/loops.ts";
import { brokenInvariants } from "../../src/rollout/store-story.ts";
import { goOn } from "../builders/go-on.ts";
import { approvedMark, type LocalHosts, localHosts } from "../builders/local-hosts.ts";
import { type TestWorld, testWorld } from "../setup/world.ts";

/**
 * Somebody else's session of the database (a backup, a person with a console) opens a transaction while a
 * rollout runs and forgets it: with an old snapshot, and with locks on the rows of one host. Nobody but
 * that host waits for it, a halt is acknowledged, and each host does its job once.
 */
const isRoot = process.getuid?.() === 0;
const HOSTS = 4;
const WAIT_MS = 60_000;
/** A start under way waits this long for a stranger's lock, and a halt for it; with room to spare. */
const HALT_MS_MAX = 6_000;

let made: TestWorld;
let folder: string;
let hosts: LocalHosts;
let server: Rollouts | null = null;
let strangers: pg.Client[] = [];

beforeEach(async () => {
  made = await testWorld();
  folder = mkdtempSync(join(tmpdir(), "fettle-long-"));
  hosts = localHosts(made.world, folder);
});
afterEach(async () => {
  await Promise.all(strangers.map((one) => one.end()));
  strangers = [];
  await server?.stop();
  server = null;
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

const names = Array.from({ length: HOSTS }, (_, at) => `web-${at + 1}`);

async function aRolloutOfAll(): Promise<RolloutId> {
  const ring = await Promise.all(names.map((name) => hosts.add(name, "canary")));
  for (const name of names) writeFileSync(join(folder, name, "etc/limits"), "ask 6\n");
  const change = await approvedMark(made.world, [{ ring: "canary", hosts: ring }]);
  return (await startRollout(made.world, systemActor, { change })).id;
}

/** A session of whoever owns the tables, in the middle of a transaction that it never ends. */
async function aStranger(): Promise<pg.Client> {
  const client = new pg.Client({
    ...clientConfig(made.connection),
    idle_in_transaction_session_timeout: 0,
  });
  await client.connect();
  strangers.push(client);
  await client.query("begin isolation level repeatable read");
  await client.query("select count(*) from target");
  return client;
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: ${JSON.stringify(await targets())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function targets() {
  const { rows } = await sql<{ name: string; state: string; verdict: string | null }>`
    select h.name, t.state, t.verdict from target t join host h on h.id = t.host
     order by t.leaf_index`.execute(made.world.db);
  return rows;
}

const verified = async (count: number) =>
  (await targets()).filter(({ verdict }) => verdict === "verified").length >= count ? true : null;

/** Locks the rows of one host that was handed out and has not begun: its permit has to wait for them. */
async function lockOneHost(): Promise<string> {
  const stranger = new pg.Client({
    ...clientConfig(made.connection),
    idle_in_transaction_session_timeout: 0,
  });
  await stranger.connect();
  strangers.push(stranger);
  await stranger.query("begin");
  return until("a host that was handed out", async () => {
    const { rows } = await stranger.query<{ name: string }>(
      `select h.name from target t join host_slot s on s.host = t.host join host h on h.id = t.host
        where t.state = 'leased' limit 1 for update of t, s skip locked`,
    );
    return rows[0]?.name ?? null;
  });
}

describe.skipIf(!isRoot)("a transaction that somebody forgets", () => {
  test("holds up the one host whose rows it locked, and neither the others nor a halt", async () => {
    const rollout = await aRolloutOfAll();
    await aStranger();
    const [name] = await Promise.all([
      lockOneHost(),
      Promise.resolve().then(() => {
        server = startRollouts(made.world, hosts.executor);
      }),
    ]);
    await until("all others to be verified", () => verified(HOSTS - 1));
    expect(hosts.truth(name)).toEqual([]);
    const halting = performance.now();
    const reason = "somebody forgot a transaction";
    await halt(made.world, systemActor, { rollout, reason, isFrozen: false });
    const halted = performance.now() - halting;
    expect(halted).toBeLessThan(HALT_MS_MAX);
    expect(hosts.truth(name)).toEqual([]);
    await strangers.at(-1)?.query("rollback");
    await goOn(made.world, rollout);
    await until("all to be verified", () => verified(HOSTS));
    for (const one of names) expect(hosts.truth(one)).toEqual(["mark"]);
    expect(await brokenInvariants(made.world.db)).toEqual([]);
  });
});
