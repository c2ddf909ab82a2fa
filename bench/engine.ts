import { parseArgs } from "node:util";
import { sql } from "kysely";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { claimAndComplete } from "./engine-claims.ts";
import { bareRows } from "./engine-floor.ts";
import { graphileSpent, pgBossSpent } from "./engine-peers.ts";
import { fleetInput, planned, writePlan } from "./engine-plan.ts";
import { measureOn, type Spent } from "./engine-spent.ts";
import {
  gateToClaim,
  haltUnderLoad,
  type Looped,
  resumeAfterKill,
  wholeLoop,
} from "./engine-whole.ts";

/**
 * What the engine bears: `node --expose-gc bench/engine.ts [part …] [--jobs 40000] [--hosts 20000]
 * [--plans 10000,100000,1000000] [--runs 5]`. Parts: plan, claims, loop, gate, halt, resume; all of
 * them unless named. One embedded database, durable as in use. JSON lines; the load of the machine
 * stands in the last.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: "40000" },
    hosts: { type: "string", default: "20000" },
    plans: { type: "string", default: "10000,100000,1000000" },
    runs: { type: "string", default: "5" },
  },
});
const [jobs, hosts, runs] = [Number(flags.jobs), Number(flags.hosts), Number(flags.runs)];
const BATCH = 1_000;
const ROLLOUTS = 100;

const parts: Readonly<Record<string, (bench: BenchDatabase) => Promise<void>>> = {
  plan,
  claims,
  async loop(bench) {
    const looped: Looped[] = [];
    for (let run = 0; run < runs; run += 1) looped.push(await wholeLoop(bench, hosts));
    const middle = (of: (one: Looped) => number): number => Math.round(median(looped.map(of)));
    print("loop", {
      ...{ hosts, runs, perSecond: middle((one) => one.perSecond) },
      serverUs: middle((one) => one.serverUs),
      databaseUs: middle((one) => one.databaseUs),
    });
  },
  async gate(bench) {
    const took = await gateToClaim(bench, ROLLOUTS);
    const at = (share: number): number => Math.round(took[Math.ceil(share * took.length) - 1] ?? 0);
    print("gate opens to first job", { rollouts: ROLLOUTS, p50Ms: at(0.5), p99Ms: at(0.99) });
  },
  async halt(bench) {
    print("halt", { hosts, ...(await haltUnderLoad(bench, hosts)) });
  },
  async resume(bench) {
    print("resume after kill -9", { hosts, ...(await resumeAfterKill(bench, hosts)) });
  },
};

/** Memory is told of the first plan of each size, before anything of another one is kept. */
async function plan(bench: BenchDatabase): Promise<void> {
  for (const count of flags.plans.split(",").map(Number)) {
    const input = fleetInput(count);
    const one = await planned(input);
    const [seconds, checkSeconds] = [round(one.seconds), round(one.checkSeconds)];
    const perHostUs = round((seconds / count) * 1e6);
    const { grownMiB, waitedMs } = one;
    print("plan", { hosts: count, seconds, checkSeconds, waitedMs, grownMiB, perHostUs });
    const written = await writePlan(bench, input, one.made);
    print("rows of a plan", {
      hosts: count,
      ...Object.fromEntries(Object.entries(written).map(([key, value]) => [key, round(value)])),
    });
  }
}

/**
 * Alternating, so that what else the machine does falls on all alike. All four are as durable (one
 * database server, every commit waits for its disk) and move up to 1,000 jobs a statement. A queue moves
 * one row of a job twice and keeps nothing; the engine moves two rows twice and keeps a signed document.
 */
async function claims(bench: BenchDatabase): Promise<void> {
  const { world, connection } = bench;
  await sql`create database peers`.execute(world.db);
  const peers = { ...connection, database: "peers" };
  const measure = measureOn(bench);
  const of = { jobCount: jobs, batch: BATCH, measure };
  const spent = { engine: [], pgBoss: [], graphile: [], bareRows: [] } as Record<string, Spent[]>;
  for (let run = 0; run < runs; run += 1) {
    spent["engine"]?.push(await claimAndComplete(world.db, jobs, measure));
    spent["pgBoss"]?.push(await pgBossSpent(peers, of));
    spent["graphile"]?.push(await graphileSpent(peers, of));
    spent["bareRows"]?.push(await bareRows(peers, of));
  }
  const rate = (name: string): number => jobs / median((spent[name] ?? []).map((s) => s.seconds));
  for (const [name, some] of Object.entries(spent)) {
    print("claim and complete", {
      ...{ of: name, jobs, runs, perSecond: Math.round(rate(name)) },
      ...(name === "engine" ? {} : { engineTo: round(rate("engine") / rate(name)) }),
      databaseUs: Math.round((median(some.map((s) => s.databaseSeconds)) * 1e6) / jobs),
      walBytes: Math.round(median(some.map((s) => s.walBytes)) / jobs),
    });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function print(part: string, line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ bench: "engine", part, ...line })}\n`);
}

const named = positionals.length === 0 ? Object.keys(parts) : positionals;
const bench = await openBenchDatabase();
try {
  for (const name of named) {
    const part = parts[name];
    if (part === undefined) throw new Error(`no part ${name}; there are ${Object.keys(parts)}`);
    await part(bench);
  }
} catch (cause) {
  process.stderr.write(`${String(cause instanceof Error ? cause.stack : cause)}\n`);
  process.exitCode = 1;
}
await bench.close().catch(() => undefined);
// graphile-worker keeps a timer for some seconds after its end.
process.exit(process.exitCode);
