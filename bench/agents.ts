/**
 * `node bench/agents.ts [--agents 10000] [--minutes 10] [--connections new|kept] [--jobs N]`: simulated
 * agents that poll as they are told, over real TLS with client certificates and signatures, on the
 * embedded database. A rollout goes through them meanwhile. At four tenths of the time the server is
 * killed and ten seconds later another one begins; at nine tenths the rollout is halted.
 *
 * Server, database and agents are processes of their own, so that each one's processor time is told
 * apart, and how long server and agents stood ready without a processor, which is what other work on the
 * machine does to the figures. Prints a line of JSON for each figure; ends with 1 when a poll was refused, a report was lost,
 * a permit came five seconds after the halt, or somebody was not back within 120 s.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { systemActor } from "../src/base/actor.ts";
import { everywhere, loadHosts } from "../src/inventory/store.ts";
import { startRollout } from "../src/rollout/actions.ts";
import { halt } from "../src/rollout/actions-halt.ts";
import { showRollout } from "../src/rollout/actions-show.ts";
import { approvedMark } from "../test/builders/local-hosts.ts";
import {
  quantile,
  retryMs,
  type SimulatedAgent,
  simulateAgents,
} from "../test/builders/simulated-agents.ts";
import { type ServerProcess, startServerProcess } from "./agents-process.ts";
import { treeSeconds, waitedSeconds } from "./cpu-account.ts";
import { openBenchDatabase } from "./database.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "10000" },
    minutes: { type: "string", default: "10" },
    connections: { type: "string", default: "new" },
    jobs: { type: "string" },
    profile: { type: "string" },
  },
});
const count = Number(values.agents);
const jobCount = Math.min(count, Number(values.jobs ?? count));
const totalMs = Number(values.minutes) * 60_000;
const connections = values.connections === "kept" ? "kept" : "new";
const AWAY_MS = 10_000;
const BACK_MS_MAX = 120_000;
/** Who polled just before the server was killed is back after two intervals at the latest. */
const RESTART_MINUTES_MIN = 4;
const HALT_MS_MAX = 5_000;
const IN_FLIGHT_MAX = 1_000;
const bench = await openBenchDatabase();
const { world } = bench;
/** Of servers that were killed. */
let earlierCpu = 0;
let earlierWaited = 0;
let server = await startServer(0);
const port = Number(new URL(server.url).port);
const figures = {
  latencies: [] as number[],
  perSecond: new Map<number, number>(),
  /** When each was answered for the first time after the new server began. */
  back: new Map<string, number>(),
  refused: 0,
  unanswered: 0,
  /** Told by a busy server when to come. */
  sentAway: 0,
  /** Why polls were not answered, each with how often. */
  whys: new Map<string, number>(),
};
let backAt = Number.POSITIVE_INFINITY;
let haltedAt = Number.POSITIVE_INFINITY;

const agents = await simulateAgents(world, count, () => server.url, "sim", connections);
const change = jobCount === 0 ? null : await approveFor(agents.slice(0, jobCount));
say({ figure: "made", agents: count, connections, jobs: jobCount });
const waitedBefore = { own: waitedSeconds(process.pid), server: waited() };
const cpuBefore = { own: ownSeconds(), database: treeSeconds(bench.databasePid), server: cpu() };
const startedAt = performance.now();
const endAt = startedAt + totalMs;
const until = (share: number): Promise<void> =>
  sleep(Math.max(0, startedAt + totalMs * share - performance.now()));
// A fleet is spread over its first minute already; it did not start at one moment.
const running = agents.map((agent) => live(agent, Math.random() * Math.min(60_000, totalMs / 3)));
await until(0.1);
const started = change === null ? null : await startRollout(world, systemActor, { change });
if (totalMs >= RESTART_MINUTES_MIN * 60_000) {
  await until(0.4);
  earlierCpu = cpu();
  earlierWaited = waited();
  server.process.kill("SIGKILL");
  await sleep(AWAY_MS);
  server = await startServer(port);
  backAt = performance.now();
}
await until(0.9);
/** One that has ended by then needs a longer rollout: `--jobs`. */
const isRunning =
  started !== null && (await showRollout(world, systemActor, started.id)).row.state === "running";
if (started !== null && isRunning) {
  const reason = "enough was seen";
  await halt(world, systemActor, { rollout: started.id, reason, isFrozen: false });
  haltedAt = performance.now();
}
await Promise.all(running);
const isGood = await report();
server.process.kill("SIGTERM");
await once(server.process, "exit");
await bench.close();
process.exitCode = isGood ? 0 : 1;

async function approveFor(some: readonly SimulatedAgent[]) {
  const hosts = await loadHosts(world.db, {
    ids: some.map(({ host }) => host),
    scopes: everywhere,
  });
  return approvedMark(world, [{ ring: "canary", hosts }], null, IN_FLIGHT_MAX);
}

function startServer(onPort: number): Promise<ServerProcess> {
  const { connection } = bench;
  const { state } = world.paths;
  return startServerProcess({ connection, state, port: onPort, profile: values.profile });
}

async function live(agent: SimulatedAgent, firstMs: number): Promise<void> {
  await sleep(firstMs);
  let failures = 0;
  while (performance.now() < endAt) {
    const { status, ms, nextSeconds, why } = await agent.poll();
    const now = performance.now();
    const second = Math.floor((now - startedAt) / 1000);
    figures.perSecond.set(second, (figures.perSecond.get(second) ?? 0) + 1);
    if (why !== "") figures.whys.set(why, (figures.whys.get(why) ?? 0) + 1);
    if (status === 200) {
      figures.latencies.push(ms);
      if (now > backAt && !figures.back.has(agent.protocolId)) {
        figures.back.set(agent.protocolId, now - backAt);
      }
    } else if (why === "E_BUSY") figures.sentAway += 1;
    else if (status === 0) figures.unanswered += 1;
    else figures.refused += 1;
    failures = nextSeconds === null ? failures + 1 : 0;
    const waitMs = nextSeconds === null ? retryMs(failures) : nextSeconds * 1000;
    await sleep(Math.min(waitMs, Math.max(0, endAt - performance.now())));
  }
  agent.close();
}

async function report(): Promise<boolean> {
  const { latencies, perSecond, refused, unanswered, sentAway, whys } = figures;
  const polls = Math.max(1, latencies.length + unanswered);
  const each = (seconds: number): number => Number(((seconds * 1000) / polls).toFixed(2));
  const spent = {
    server: cpu() - cpuBefore.server,
    database: treeSeconds(bench.databasePid) - cpuBefore.database,
    agents: ownSeconds() - cpuBefore.own,
  };
  const busy = (seconds: number): number => Number((seconds / (totalMs / 1000)).toFixed(2));
  say({
    ...{ figure: "polls", answered: latencies.length, refused, unanswered, sentAway },
    p50Ms: Math.round(quantile(latencies, 0.5)),
    p99Ms: Math.round(quantile(latencies, 0.99)),
    perSecond: Number((polls / (totalMs / 1000)).toFixed(1)),
    mostPerSecond: Math.max(...perSecond.values()),
  });
  say({
    figure: "processor",
    msEachPoll: {
      ...{ server: each(spent.server), database: each(spent.database), agents: each(spent.agents) },
    },
    cores: {
      ...{ server: busy(spent.server), database: busy(spent.database), agents: busy(spent.agents) },
    },
  });
  say({
    figure: "waited for a processor, share of the time",
    server: busy(waited() - waitedBefore.server),
    agents: busy(waitedSeconds(process.pid) - waitedBefore.own),
  });
  say({ figure: "not answered", why: Object.fromEntries(whys) });
  const isBack = backReport();
  return (await jobReport()) && isBack && refused === 0;
}

function backReport(): boolean {
  const { back } = figures;
  if (backAt === Number.POSITIVE_INFINITY) return true;
  const last = Math.max(0, ...back.values());
  say({ figure: "back", agents: back.size, lastMs: Math.round(last) });
  return back.size === count && last <= BACK_MS_MAX;
}

async function jobReport(): Promise<boolean> {
  if (started === null) return true;
  const { rows } = await sql<{ name: string }>`
    select p.protocol_id as name from job_result r join plan_leaf p on p.host = r.host`.execute(
    world.db,
  );
  const kept = new Set(rows.map(({ name }) => name));
  const lost = agents.filter((a) => a.reports.acknowledged.size > 0 && !kept.has(a.protocolId));
  const all = (of: (agent: SimulatedAgent) => number): number =>
    agents.reduce((sum, agent) => sum + of(agent), 0);
  const permits = agents.flatMap((agent) => agent.reports.permits);
  const afterHalt = permits.filter((at) => at > haltedAt);
  const late = afterHalt.filter((at) => at > haltedAt + HALT_MS_MAX);
  const said = {
    permits: permits.length,
    done: all((agent) => agent.reports.done.size),
    acknowledged: all((agent) => agent.reports.acknowledged.size),
    kept: rows.length,
    lost: lost.length,
    twice: agents.filter((agent) => agent.reports.done.size > 1).length,
  };
  say({
    figure: "jobs",
    ...said,
    permitsAfterHalt: afterHalt.length,
    fiveSecondsLater: late.length,
  });
  return lost.length === 0 && late.length === 0 && said.acknowledged === said.done;
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Of all servers so far. */
function cpu(): number {
  const { pid } = server.process;
  return earlierCpu + (pid === undefined ? 0 : treeSeconds(pid));
}

/** Of all servers so far: ready to run, with no processor. */
function waited(): number {
  const { pid } = server.process;
  return earlierWaited + (pid === undefined ? 0 : waitedSeconds(pid));
}

function say(figure: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
