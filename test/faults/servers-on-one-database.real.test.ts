import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import type { RolloutId } from "../../src/base/ids.ts";
import { startRollout } from "../../src/rollout/actions.ts";
import { brokenInvariants } from "../../src/rollout/store-story.ts";
import { approvedMark, type LocalHosts, localHosts } from "../builders/local-hosts.ts";
import { type TestWorld, testWorld } from "../setup/world.ts";

/**
 * Several servers, each a process of its own, on one PostgreSQL. One is killed and one stands still for
 * longer than anybody believes its leases, and goes on then. What ran stands in each host's own file.
 */
const isRoot = process.getuid?.() === 0;
const HOSTS = 6;
const PROGRAM = join(import.meta.dirname, "../builders/engine-server.ts");
const WAIT_MS = 90_000;

let made: TestWorld;
let folder: string;
let hosts: LocalHosts;
let servers: ChildProcess[] = [];

beforeEach(async () => {
  made = await testWorld();
  folder = mkdtempSync(join(tmpdir(), "fettle-servers-"));
  hosts = localHosts(made.world, folder);
});
afterEach(async () => {
  for (const server of servers) server.kill("SIGKILL");
  servers = [];
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

/** All of a process's wall clock, and of nothing else; its hosts' programs get a clean environment. */
const FAKETIME = `/usr/lib/${arch() === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/faketime/libfaketimeMT.so.1`;

function clockFile(): string {
  return join(folder, "clock");
}

function moveClock(by: string): void {
  writeFileSync(clockFile(), `${by}\n`);
}

function withOwnClock(): Readonly<Record<string, string>> {
  moveClock("+0");
  return {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: clockFile(),
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

async function startServer(env: Readonly<Record<string, string>> = {}): Promise<ChildProcess> {
  const args = [JSON.stringify(made.connection), made.world.paths.state, folder];
  const server = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  servers.push(server);
  await once(server.stdout!, "data");
  return server;
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: ${JSON.stringify(await states())}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function states() {
  const { rows } = await sql<{ state: string; verdict: string | null; talks: string | null }>`
    select state, verdict, lease_owner as talks from target order by leaf_index`.execute(
    made.world.db,
  );
  return rows;
}

async function ownership() {
  const { rows } = await sql<{ owner: string | null; epoch: number; state: string }>`
    select owner, owner_epoch as epoch, state from rollout`.execute(made.world.db);
  return rows[0]!;
}

const effects = (): number => names.filter((name) => hosts.truth(name).length > 0).length;
const names = Array.from({ length: HOSTS }, (_, at) => `web-${at + 1}`);

/** An approved rollout over all hosts at once; each takes some seconds to say that it is well. */
async function aRolloutOfAll(probe: string): Promise<RolloutId> {
  const ring = await Promise.all(names.map((name) => hosts.add(name, "canary", probe)));
  const change = await approvedMark(made.world, [{ ring: "canary", hosts: ring }]);
  return (await startRollout(made.world, systemActor, { change })).id;
}

/** The second half only begins when the first has ended. */
async function aRolloutOfTwoWaves(): Promise<RolloutId> {
  const half = HOSTS / 2;
  const added = await Promise.all(
    names.map((name, at) => hosts.add(name, at < half ? "canary" : "1", "sleep 1")),
  );
  const waves = [
    { ring: "canary", hosts: added.slice(0, half) },
    { ring: "1", hosts: added.slice(half) },
  ];
  const change = await approvedMark(made.world, waves);
  return (await startRollout(made.world, systemActor, { change })).id;
}

async function expectOnceEach(): Promise<void> {
  await until("every host is verified", async () =>
    (await ownership()).state === "finished" ? true : null,
  );
  for (const name of names) expect(hosts.truth(name)).toEqual(["mark"]);
  expect((await states()).map(({ verdict }) => verdict)).toEqual(names.map(() => "verified"));
  expect(await brokenInvariants(made.world.db)).toEqual([]);
}

describe.skipIf(!isRoot)("servers on one database", () => {
  test("one stands still beyond its leases and goes on, one is killed: no host does anything twice", async () => {
    await aRolloutOfAll("sleep 2");
    const paused = await startServer();
    await until("hosts began", async () => (effects() >= 2 ? true : null));
    paused.kill("SIGSTOP");
    const before = await ownership();
    const killed = await startServer();
    await startServer();
    const taken = await until("another server owns the rollout", async () => {
      const now = await ownership();
      return now.owner === before.owner ? null : now;
    });
    expect(taken.epoch).toBeGreaterThan(before.epoch);
    killed.kill("SIGKILL");
    await until("hosts were taken over", async () =>
      (await states()).some(({ talks }) => talks === before.owner) ? null : true,
    );
    // It still believes that it owns the rollout and talks to its hosts.
    paused.kill("SIGCONT");
    await expectOnceEach();
    // Whatever it wrote found another epoch.
    expect((await ownership()).epoch).toBeGreaterThanOrEqual(taken.epoch);
  });

  test("a server whose clock jumps by a day ahead and back goes on: orders and leases have the database's time", async () => {
    await aRolloutOfTwoWaves();
    await startServer(withOwnClock());
    await until("hosts began", async () => (effects() >= 1 ? true : null));
    moveClock("+1d");
    await until("the next wave began", async () => (effects() > HOSTS / 2 ? true : null));
    moveClock("-1d");
    await expectOnceEach();
  });
});
