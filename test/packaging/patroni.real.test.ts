import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { configSchema } from "../../src/base/config.ts";
import { silentLog } from "../../src/base/log.ts";
import { openDatabase } from "../../src/db/database.ts";
import { externalConnection } from "../../src/db/external.ts";
import { migrate } from "../../src/db/migrate.ts";
import type { World } from "../../src/db/world.ts";
import { startRollout } from "../../src/rollout/actions.ts";
import { halt } from "../../src/rollout/actions-halt.ts";
import { brokenInvariants } from "../../src/rollout/store-story.ts";
import { goOn } from "../builders/go-on.ts";
import { approvedMark, localHosts } from "../builders/local-hosts.ts";
import { type Cluster, missingForPatroni, startPatroni } from "../setup/patroni.ts";
import { systemPostgres } from "../setup/system-postgres.ts";

/**
 * Fettle on three PostgreSQL servers under Patroni (docs/patroni.md), whose leader dies while two
 * servers carry out a rollout. In `npm run test:long` only (vitest.config.ts); it needs Debian's patroni, etcd-server and
 * postgresql-15.
 */
const missing = [
  ...missingForPatroni(),
  ...(systemPostgres() === null ? ["postgresql-15"] : []),
  ...(process.getuid?.() === 0 ? [] : ["root"]),
];
const HOSTS = 6;
const WAIT_MS = 120_000;
const PROGRAM = join(import.meta.dirname, "../builders/engine-server.ts");

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test.skipIf(missing.length > 0)(
  `a leader that dies loses nothing that was acknowledged, and no host does anything twice${missing.length > 0 ? ` (needs ${missing.join(", ")})` : ""}`,
  async () => {
    const cluster = await startPatroni(systemPostgres() ?? "");
    closers.push(() => cluster.stop());
    const world = await worldOn(cluster);
    const folder = mkdtempSync(join(tmpdir(), "fettle-patroni-hosts-"));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const hosts = localHosts(world, folder);
    const names = Array.from({ length: HOSTS }, (_, at) => `web-${at + 1}`);
    const ring = await Promise.all(names.map((name) => hosts.add(name, "canary", "sleep 2")));
    const change = await approvedMark(world, [{ ring: "canary", hosts: ring }]);
    const { id } = await startRollout(world, systemActor, { change });
    for (const _ of [1, 2]) await startServer(cluster, world, folder);
    const begun = () => names.filter((name) => hosts.truth(name).length > 0).length;
    await until("hosts began", async () => begun() >= 2);

    await halt(world, systemActor, { rollout: id, reason: "it was acknowledged", isFrozen: false });
    const killed = await cluster.killLeader();
    const from = Date.now();
    const state = async () => {
      const { rows } = await sql<{ state: string }>`select state from rollout`.execute(world.db);
      return rows[0]?.state;
    };
    await until("the database takes writes again", async () => {
      await sql`update rollout set look_at = look_at`.execute(world.db);
      return true;
    });
    process.stdout.write(`the leader ${killed} died: writes again after ${Date.now() - from} ms\n`);
    expect(await state()).toBe("halted");

    await goOn(world, id);
    await until("every host is verified", async () => (await state()) === "finished");
    process.stdout.write(`all hosts verified ${Date.now() - from} ms after the death\n`);
    for (const name of names) expect(hosts.truth(name)).toEqual(["mark"]);
    expect(await brokenInvariants(world.db)).toEqual([]);
  },
  600_000,
);

async function worldOn(cluster: Cluster): Promise<World> {
  const connection = externalConnection(cluster.url);
  await migrate(connection);
  const state = mkdtempSync(join(tmpdir(), "fettle-patroni-state-"));
  const db = openDatabase(connection, () => undefined);
  closers.push(async () => {
    await db.destroy();
    rmSync(state, { recursive: true, force: true });
  });
  const config = configSchema.parse({ port: 0, mfa: "off", feeds: { network: "off" } });
  return { db, clock: Date.now, log: silentLog, config, paths: { state, sockets: state } };
}

async function startServer(cluster: Cluster, world: World, folder: string): Promise<ChildProcess> {
  const args = [JSON.stringify(externalConnection(cluster.url)), world.paths.state, folder];
  const server = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  closers.push(() => server.kill("SIGKILL"));
  await once(server.stdout, "data");
  return server;
}

/** The database may be away while we ask. */
async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  let last: unknown = null;
  for (;;) {
    try {
      if (await is()) return;
    } catch (cause) {
      last = cause;
    }
    if (Date.now() > deadline) throw new Error(`never seen: ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
