/**
 * `node bench/agents.ts [--agents 10000] [--minutes 10]`: simulated agents that poll as they are told,
 * over real TLS with client certificates and signatures, on the embedded database. In the middle the
 * listener is away for ten seconds, as in a restart. Prints one line of JSON for each figure; ends with
 * 1 when a poll was refused, or somebody was not back within 120 s.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { World } from "../src/db/world.ts";
import { agentDoor } from "../src/fleet/actions-agent-door.ts";
import { agentCa } from "../src/fleet/store-agent-ca.ts";
import { type AgentListener, startAgentListener } from "../src/server/agent-listener.ts";
import {
  quantile,
  type SimulatedAgent,
  simulateAgents,
} from "../test/builders/simulated-agents.ts";
import { openBenchDatabase } from "./database.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "10000" },
    minutes: { type: "string", default: "10" },
  },
});
const count = Number(values.agents);
const totalMs = Number(values.minutes) * 60_000;
const AWAY_MS = 10_000;
/** Who polled just before the listener went away is back after two intervals at the latest. */
const MINUTES_MIN = 5;
const BACK_MS_MAX = 120_000;
/** As the host program: after a failed call at least so long, then spread. */
const RETRY_MS = 15_000;
const RETRY_SPREAD_MS = 20_000;

interface Figures {
  readonly latencies: number[];
  readonly perSecond: Map<number, number>;
  /** When each was answered for the first time after the listener came back. */
  readonly back: Map<string, number>;
  refused: number;
  unanswered: number;
  /** Why polls were not answered, each with how often. */
  readonly whys: Map<string, number>;
}

if (!(Number(values.minutes) >= MINUTES_MIN)) {
  throw new Error(
    `A run below ${MINUTES_MIN} minutes ends before all can be back: it says nothing.`,
  );
}
const bench = await openBenchDatabase();
const world: World = { ...bench.world, config: { ...bench.world.config, agentPort: 0 } };
let listener = await listen(world);
const { port } = listener;
const figures: Figures = {
  latencies: [],
  perSecond: new Map(),
  back: new Map(),
  refused: 0,
  unanswered: 0,
  whys: new Map(),
};
let backAt = Number.POSITIVE_INFINITY;

say({ figure: "made", agents: count });
const agents = await simulateAgents(world, count, () => listener.url);
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const endAt = startedAt + totalMs;
// A fleet is spread over its first minute already; it did not start at one moment.
const running = agents.map((agent) => live(agent, Math.random() * Math.min(60_000, totalMs / 4)));
await sleep(totalMs / 2 - AWAY_MS / 2);
await listener.close();
await sleep(AWAY_MS);
listener = await listen({ ...world, config: { ...world.config, agentPort: port } });
backAt = performance.now();
await Promise.all(running);
await listener.close();
const isGood = report();
await bench.close();
process.exitCode = isGood ? 0 : 1;

async function listen(of: World): Promise<AgentListener> {
  const ca = await agentCa(of.paths.state);
  const door = agentDoor(of);
  const { certificatePem: caPem, issueServer } = ca;
  return startAgentListener(of, { caPem, issueServer, answer: door.answer });
}

async function live(agent: SimulatedAgent, firstMs: number): Promise<void> {
  await sleep(firstMs);
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
    } else if (status === 0) figures.unanswered += 1;
    else figures.refused += 1;
    const waitMs = status === 200 ? nextSeconds * 1000 : RETRY_MS + Math.random() * RETRY_SPREAD_MS;
    await sleep(Math.min(waitMs, Math.max(0, endAt - performance.now())));
  }
  agent.close();
}

function report(): boolean {
  const { latencies, perSecond, back, refused, unanswered } = figures;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuMs = (user + system) / 1000;
  const steady = (count / 60).toFixed(1);
  say({
    figure: "polls",
    answered: latencies.length,
    refused,
    unanswered,
    p50Ms: Math.round(quantile(latencies, 0.5)),
    p99Ms: Math.round(quantile(latencies, 0.99)),
    // Of this process, which is server and agents; it holds on a busy machine too.
    cpuMsEach: Number((cpuMs / Math.max(1, latencies.length + unanswered)).toFixed(2)),
    rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  });
  say({
    figure: "rate",
    steadyPerSecond: Number(steady),
    mostPerSecond: Math.max(...perSecond.values()),
  });
  say({ figure: "not answered", why: Object.fromEntries(figures.whys) });
  const last = Math.max(0, ...back.values());
  say({ figure: "back", agents: back.size, lastMs: Math.round(last) });
  return refused === 0 && back.size === count && last <= BACK_MS_MAX;
}

function say(figure: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
