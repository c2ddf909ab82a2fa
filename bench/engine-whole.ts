import { fork } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { configSchema } from "../src/base/config.ts";
import type { HostId } from "../src/base/ids.ts";
import { silentLog } from "../src/base/log.ts";
import { type Connection, type Db, inTransaction, openDatabase } from "../src/db/database.ts";
import type { World } from "../src/db/world.ts";
import { haltRollout, lockForHalt, resumeRollout } from "../src/rollout/store-halts.ts";
import { addHosts, aRollout, type Story } from "../src/rollout/store-story.ts";
import { treeSeconds } from "./cpu-account.ts";
import type { BenchDatabase } from "./database.ts";
import { type HostMemory, judgeAll, ROOM, startSimulatedLoop } from "./engine-loop.ts";

/** Whole rollouts by the engine's own turn: how fast, and how soon it answers to what happens. */
const gate = { inFlightMax: 4_000, soakSeconds: 0 };

async function aRolloutOf(db: Db, hostCount: number, canaries: number): Promise<Story> {
  const hosts = await addHosts(db, hostCount);
  return aRollout(db, [
    { ring: "canary", hosts: hosts.slice(0, canaries), gate },
    { ring: "rest", hosts: hosts.slice(canaries), gate },
  ]);
}

/** Judges until so many hosts are; calls back each time. */
async function judged(world: World, count: number, onJudged: () => void): Promise<void> {
  for (let all = 0; all < count; ) {
    const some = await judgeAll(world);
    all += some;
    if (some > 0) onJudged();
    else await sleep(20);
  }
}

export interface Looped {
  readonly perSecond: number;
  /** Processor time for a host: of this process, its simulated hosts included, and of the database. */
  readonly serverUs: number;
  readonly databaseUs: number;
}

/** From the start of a rollout of two waves to its last host's verdict. */
export async function wholeLoop(
  { world, databasePid }: BenchDatabase,
  hostCount: number,
): Promise<Looped> {
  await aRolloutOf(world.db, hostCount, Math.max(1, Math.round(hostCount / 100)));
  const [before, database] = [process.cpuUsage(), treeSeconds(databasePid)];
  const started = performance.now();
  const loop = startSimulatedLoop(world);
  await judged(world, hostCount, () => loop.wake());
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const databaseSeconds = treeSeconds(databasePid) - database;
  await loop.stop();
  return {
    perSecond: hostCount / seconds,
    serverUs: (user + system) / hostCount,
    databaseUs: (databaseSeconds * 1e6) / hostCount,
  };
}

/** Milliseconds from the verdict that ends one wave to the first claim in the next, for each rollout. */
export async function gateToClaim(
  { world }: BenchDatabase,
  rollouts: number,
): Promise<readonly number[]> {
  const stories: Story[] = [];
  for (let at = 0; at < rollouts; at += 1) stories.push(await aRolloutOf(world.db, 2, 1));
  const loop = startSimulatedLoop(world);
  while (loop.done() < rollouts) await sleep(10);
  const took: number[] = [];
  for (const { id } of stories) {
    await sql`
      update target set verdict = 'verified', lease_owner = null, lease_until = null
       where rollout = ${id} and is_checking`.execute(world.db);
    await sql`update rollout set look_at = now() where id = ${id}`.execute(world.db);
    const from = performance.now();
    loop.wake();
    while (!loop.firstClaims.has(`${id} 2`)) await sleep(1);
    took.push((loop.firstClaims.get(`${id} 2`) ?? 0) - from);
  }
  await judged(world, rollouts, () => loop.wake());
  await loop.stop();
  return took.sort((a, b) => a - b);
}

export interface Halted {
  /** Until the halt was acknowledged. */
  readonly ackMs: number;
  /** Of the last permit, after the halt was asked for; 0: none came later. */
  readonly lastStartMs: number;
  /** Permits after the acknowledgement; must be none. */
  readonly after: number;
}

/** A halt in the middle of a rollout at full speed. */
export async function haltUnderLoad({ world }: BenchDatabase, hostCount: number): Promise<Halted> {
  const { db } = world;
  const { id } = await aRolloutOf(db, hostCount, 1);
  const loop = startSimulatedLoop(world);
  let [isOver, count] = [false, 0];
  const judging = (async () => {
    while (!isOver) {
      count += await judgeAll(world);
      loop.wake();
      await sleep(20);
    }
  })();
  while (loop.done() < hostCount / 4) await sleep(5);
  const asked = await clockOf(db);
  await inTransaction(db, async (tx) => {
    await lockForHalt(tx, `rollout:${id}`);
    const reason = { why: "person", text: "the benchmark halts" } as const;
    await haltRollout(tx, { rollout: id, reason, isFrozen: false });
  });
  const acknowledged = await clockOf(db);
  await sleep(2_000);
  const { rows } = await sql<{ last: number; after: number }>`
    select extract(epoch from max(issued_at)) * 1000 as last,
           count(*) filter (where issued_at > to_timestamp(${acknowledged}::float8 / 1000)) as after
      from job_permit where rollout = ${id}`.execute(db);
  await inTransaction(db, (tx) => resumeRollout(tx, id));
  while (loop.done() < hostCount) await sleep(20);
  while (count < hostCount) await sleep(20);
  isOver = true;
  await judging;
  await loop.stop();
  const lastStartMs = Math.max(0, Math.round(Number(rows[0]?.last) - asked));
  return { ackMs: Math.round(acknowledged - asked), lastStartMs, after: rows[0]?.after ?? -1 };
}

async function clockOf(db: Db): Promise<number> {
  const { rows } = await sql<{ now: string }>`
    select extract(epoch from clock_timestamp()) * 1000 as now`.execute(db);
  return Number(rows[0]?.now);
}

export interface Resumed {
  /** From the death of the server to the first job that another one handed out. */
  readonly firstMs: number;
  readonly effects: number;
  readonly doubled: number;
}

/** A server is killed when half of the hosts are done; another one, started then, goes on. */
export async function resumeAfterKill(of: BenchDatabase, hostCount: number): Promise<Resumed> {
  const { db } = of.world;
  // Else all are handed out before the first server dies, and there is nothing left to resume.
  if (hostCount <= ROOM) throw new Error(`resume needs more than ${ROOM} hosts`);
  const { id } = await aRolloutOf(db, hostCount, 1);
  const folder = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  const memory = join(folder, "effects");
  const start = () =>
    fork(import.meta.filename, [JSON.stringify(of.connection), of.world.paths.state, memory]);
  const first = start();
  while (effectsIn(memory).length < hostCount / 2) await sleep(10);
  const gone = new Promise((resolve) => first.once("exit", resolve));
  first.kill("SIGKILL");
  await gone;
  const killed = performance.now();
  const counted = await claimsOf(db, id);
  const second = start();
  while ((await claimsOf(db, id)) <= counted) await sleep(5);
  const firstMs = Math.round(performance.now() - killed);
  while ((await leftOf(db, id)) > 0) await sleep(50);
  second.kill("SIGKILL");
  const effects = effectsIn(memory);
  rmSync(folder, { recursive: true, force: true });
  const doubled = effects.length - new Set(effects).size;
  return { firstMs, effects: effects.length, doubled };
}

function effectsIn(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

/** Claims ever made: each raises its target's epoch. */
async function claimsOf(db: Db, rollout: string): Promise<number> {
  const { rows } = await sql<{ claims: number }>`
    select sum(epoch)::bigint as claims from target where rollout = ${rollout}`.execute(db);
  return rows[0]?.claims ?? 0;
}

async function leftOf(db: Db, rollout: string): Promise<number> {
  const { rows } = await sql<{ left: number }>`
    select count(*) as left from target
     where rollout = ${rollout} and verdict is distinct from 'verified'`.execute(db);
  return rows[0]?.left ?? 0;
}

/** One server as a process of its own; what its hosts did stands in a file, which outlives it. */
async function beServer(connection: string, state: string, memory: string): Promise<void> {
  const world: World = {
    db: openDatabase(JSON.parse(connection) as Connection, () => undefined),
    clock: Date.now,
    log: silentLog,
    config: configSchema.parse({ port: 0, feeds: { network: "off" } }),
    paths: { state, sockets: state },
  };
  const loop = startSimulatedLoop(world, memoryIn(memory));
  for (;;) {
    if ((await judgeAll(world)) > 0) loop.wake();
    await sleep(20);
  }
}

function memoryIn(file: string): HostMemory {
  const done = new Set(effectsIn(file));
  return {
    hasDone: (host: HostId) => done.has(host),
    apply(host) {
      done.add(host);
      appendFileSync(file, `${host}\n`);
    },
  };
}

const [connection, state, memory] = process.argv.slice(2);
if (process.send !== undefined && memory !== undefined) {
  await beServer(connection ?? "", state ?? "", memory);
}
