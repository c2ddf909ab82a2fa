import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { sha256 } from "../src/base/digest.ts";
import type { HostId } from "../src/base/ids.ts";
import { DAY_MS } from "../src/base/instant.ts";
import type { FailureTest } from "../src/policy/failure-test.ts";
import { outcomeOf, type Question } from "../src/rollout/simulation-question.ts";
import type { NewWave } from "../src/rollout/store.ts";

/**
 * The engine's side of `harm.ts`: its own turn and decisions over 10,000 virtual hosts, the seeds dealt
 * out to one thread a core. Who carries out which seed changes nothing in what comes out.
 */
export const GROUPS = [100, 1_000, 8_900] as const;
const IN_FLIGHT = [10, 50, 64] as const;
export const BASELINE = 0.01;
export const test: FailureTest = { baseline: BASELINE, bad: 0.05, alpha: 0.01, beta: 0.05 };

/** Harmed hosts of each run, and the share of runs that were stopped. */
export interface Harm {
  readonly harmed: readonly number[];
  readonly stopped: number;
}

interface Part {
  readonly rate: number;
  readonly seeds: readonly number[];
}

interface Run {
  readonly seed: number;
  readonly harmed: number;
  readonly isHalted: boolean;
}

/** Runs the seeds from 0 on; the hosts harmed stand in the order of the seeds. */
export async function engine(rate: number, seeds: number): Promise<Harm> {
  const threads = Math.max(1, Math.min(availableParallelism(), seeds));
  const parts = Array.from({ length: threads }, (_, at) => ({
    rate,
    seeds: Array.from({ length: seeds }, (_unused, seed) => seed).filter(
      (seed) => seed % threads === at,
    ),
  }));
  const runs = (await Promise.all(parts.map(inThread))).flat().sort((a, b) => a.seed - b.seed);
  const stopped = runs.filter(({ isHalted }) => isHalted).length;
  return { harmed: runs.map(({ harmed }) => harmed), stopped: stopped / seeds };
}

function inThread(part: Part): Promise<readonly Run[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: part });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}

const startsAt = Date.UTC(2026, 10, 21);
const waves: readonly NewWave[] = GROUPS.map((_, at) => ({
  ...{ number: at + 1, ring: `${at + 1}`, notBefore: startsAt, notAfter: startsAt + 30 * DAY_MS },
  windows: [],
  gate: {
    inFlightMax: IN_FLIGHT[at] ?? 1,
    ...{ soakSeconds: 600, successRate: 0.9, failureBudget: 10_000, failures: test },
    onFailure: "halt" as const,
  },
}));

/** Four bodies and two systems over the fleet, as the planner spreads them over each wave. */
function question(rate: number): Question {
  const bodies = ["a", "b", "c", "d"].map((name) => sha256(name));
  const hosts = GROUPS.flatMap((count, group) =>
    Array.from({ length: count }, (_, at) => {
      const body = bodies[at % bodies.length] ?? "";
      const os = at % 2 === 0 ? "debian 12" : "debian 13";
      return {
        ...{ id: `${group}-${at}` as HostId, wave: group + 1, body, service: null },
        shared: [
          { kind: "body", name: body },
          { kind: "os", name: os },
        ],
        ...{ failureRate: rate, isAway: false },
      };
    }),
  );
  return {
    ...{ waves, hosts, startsAt, attemptsMax: 1, permitTtlSeconds: 3, revertSeconds: null },
    ...{ applySeconds: 60, spread: 0.5, seed: 1, dueAt: null },
  };
}

async function carryOut({ rate, seeds }: Part): Promise<readonly Run[]> {
  const asked = question(rate);
  const runs: Run[] = [];
  for (const seed of seeds) {
    const { harmed, isHalted } = await outcomeOf(asked, seed);
    runs.push({ seed, harmed, isHalted });
  }
  return runs;
}

if (!isMainThread && parentPort !== null) {
  parentPort.postMessage(await carryOut(workerData as Part));
}
