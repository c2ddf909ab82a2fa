import { sha256 } from "../src/base/digest.ts";
import { checkPlan } from "../src/plan/checker.ts";
import type { PlanHost, ResolvedPair } from "../src/plan/model.ts";
import { plan } from "../src/plan/planner.ts";
import { aHost, aMove, aPlanInput, movesOf } from "../test/builders/plan.ts";

/**
 * How long a plan for a large fleet takes: `node bench/plan.ts [hosts] [distinct sets]`. One JSON line
 * for planning and one for checking, best and median of five runs.
 */
const RUNS = 5;
const hostCount = Number(process.argv[2] ?? 100_000);
const setCount = Number(process.argv[3] ?? 50);

function fleet(): readonly PlanHost[] {
  const pairs = Array.from({ length: setCount }, (_, at) => ({
    packageSet: sha256(`packages ${at}`),
    offerSet: sha256(`offers ${at}`),
  }));
  return Array.from({ length: hostCount }, (_, at) => {
    const ring = at % 100 === 0 ? "canary" : at % 10 === 0 ? "1" : "2";
    const labels = { ring, service: at % 3 === 0 ? "web" : "db", zone: `z${at % 4}` };
    return aHost(`host-${at}`, { ...pairs[at % setCount], labels });
  });
}

const resolutions: readonly ResolvedPair[] = Array.from({ length: setCount }, (_, at) => ({
  packageSet: sha256(`packages ${at}`),
  offerSet: sha256(`offers ${at}`),
  outcome: movesOf(
    ["libssl3", "openssl", "libexpat1"].map((name) => aMove({ name, from: `3.0.${at}-1` })),
    ["nginx.service"],
    String(at),
  ),
}));

function measure(what: string, work: () => unknown): void {
  const took: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    work();
    took.push(Math.round(performance.now() - started));
  }
  took.sort((a, b) => a - b);
  const line = { bench: what, hosts: hostCount, sets: setCount, ms: took[2], bestMs: took[0] };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const input = aPlanInput({ hosts: fleet(), resolutions });
const planned = plan(input);
measure("plan", () => plan(input));
measure("check", () => checkPlan(planned, input, input.policy));
