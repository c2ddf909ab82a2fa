/**
 * `node bench/agents-storm.ts [--agents 10000] [--go FILE]`: simulated agents that all call a server in
 * the moment in which it is back, with whole handshakes, the deadlines of the host program's curl and its
 * waits after a failed call. With `--go` they wait until that file is there, so that the storm itself can
 * be started when nothing else runs.
 *
 * Prints a line of JSON; ends with 1 when one was refused or not answered within 120 s.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  quantile,
  retryMs,
  type SimulatedAgent,
  simulateAgents,
} from "../test/builders/simulated-agents.ts";
import { startServerProcess } from "./agents-process.ts";
import { treeSeconds, waitedSeconds } from "./cpu-account.ts";
import { openBenchDatabase } from "./database.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "10000" },
    go: { type: "string" },
    profile: { type: "string" },
  },
});
const count = Number(values.agents);
const BACK_MS_MAX = 120_000;

const bench = await openBenchDatabase();
const { connection } = bench;
const server = await startServerProcess({
  ...{ connection, state: bench.world.paths.state, port: 0, profile: values.profile },
});
const agents = await simulateAgents(bench.world, count, () => server.url, "storm", "new");
process.stdout.write(`${JSON.stringify({ figure: "made", agents: count })}\n`);
while (values.go !== undefined && !existsSync(values.go)) await sleep(200);

const figures = { back: [] as number[], tries: 0, refused: 0, whys: new Map<string, number>() };
const pid = server.process.pid ?? 0;
const before = seconds();
const startedAt = performance.now();
const elapsed = (): number => performance.now() - startedAt;
await Promise.all(agents.map(comeBack));
const tookMs = elapsed();
const after = seconds();
const spent = Object.fromEntries(
  Object.entries(after).map(([name, value]) => [
    name,
    Number((value - (before[name as keyof typeof before] ?? 0)).toFixed(1)),
  ]),
);
const { back, tries, refused, whys } = figures;
const told = {
  ...{ figure: "storm", agents: count, back: back.length, tries, refused },
  p50Ms: Math.round(quantile(back, 0.5)),
  lastMs: Math.round(Math.max(0, ...back)),
  ...{ tookMs: Math.round(tookMs), spentSeconds: spent, notAnswered: Object.fromEntries(whys) },
};
process.stdout.write(`${JSON.stringify(told)}\n`);
server.process.kill("SIGTERM");
await once(server.process, "exit");
await bench.close();
process.exitCode = back.length === count && refused === 0 ? 0 : 1;

async function comeBack(agent: SimulatedAgent): Promise<void> {
  let failures = 0;
  while (elapsed() < BACK_MS_MAX) {
    const { status, nextSeconds, why } = await agent.poll();
    figures.tries += 1;
    if (status === 200) {
      figures.back.push(elapsed());
      break;
    }
    figures.whys.set(why, (figures.whys.get(why) ?? 0) + 1);
    if (status !== 0 && why !== "E_BUSY") figures.refused += 1;
    failures = nextSeconds === null ? failures + 1 : 0;
    const waitMs = nextSeconds === null ? retryMs(failures) : nextSeconds * 1000;
    await sleep(Math.min(waitMs, Math.max(0, BACK_MS_MAX - elapsed())));
  }
  agent.close();
}

/** Processor time so far, and how long the first threads stood ready without a processor. */
function seconds() {
  const { user, system } = process.cpuUsage();
  return {
    server: treeSeconds(pid),
    serverWaited: waitedSeconds(pid),
    database: treeSeconds(bench.databasePid),
    agents: (user + system) / 1e6,
    agentsWaited: waitedSeconds(process.pid),
  };
}
