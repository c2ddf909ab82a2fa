import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import { answerOfThread } from "../base/own-thread.ts";
import type { World } from "../db/world.ts";
import type { Host } from "../inventory/model.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { demandPlan } from "../plan/actions-show.ts";
import { parseStatement } from "../plan/statement.ts";
import { loadLeaves, loadWaves, type StoredPlan } from "../plan/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { loadPatch } from "../triage/store.ts";
import { PERMIT_TTL_SECONDS, waveToCarryOut } from "./actions.ts";
import { approvedPolicy } from "./actions-rules.ts";
import type { SimulationWork } from "./actions-simulate-thread.ts";
import type { Answer, AskedHost, Question } from "./simulation-question.ts";
import { parseStratum, sharedOf } from "./simulation-stratum.ts";
import { loadPaceOfPlan } from "./store-pace.ts";

/**
 * Answers what a plan will do, in a thread of its own: others are answered meanwhile, and a question
 * that takes too long is answered from the seeds that were done. Nothing is written.
 */
export interface Asked {
  readonly plan: string;
  readonly seeds: number;
  readonly seed: number;
  readonly failureRate: number;
  /** Where given, only these hosts fail at that rate and all others at `elsewhere`. */
  readonly stratum?: string | undefined;
  readonly elsewhere: number;
  readonly applySeconds?: number | undefined;
}

export interface Answered extends Answer {
  readonly startsAt: Instant;
  readonly dueAt: Instant | null;
  /** Hosts that fail at the asked rate. */
  readonly suspects: number;
  readonly awayHosts: number;
  readonly applySeconds: number;
  /** From how many jobs of this fleet that time was measured; 0: nobody knows, it was assumed. */
  readonly measuredJobs: number;
}

const HOSTS_MAX = 100_000;
const APPLY_SECONDS_USUAL = 60;
const SPREAD_USUAL = 0.5;
const THREAD_MS = 20_000;
/** One seed of the largest plan may begin right before the time is over. */
const TIMEOUT_MS = 90_000;
const MEMORY_MAX_MB = 1_024;
const THREADS_MAX = 2;
let running = 0;

export async function simulatePlan(world: World, actor: Actor, asked: Asked): Promise<Answered> {
  const plan = await demandPlan(world, actor, asked.plan);
  const { inScope, all } = await countPlanHosts(
    world.db,
    plan.digest,
    scopesFor(actor, "plan.read"),
  );
  if (inScope < all) {
    const text =
      "This plan also has hosts outside your scope, so you cannot carry it out in trial.";
    throw new Failure("forbidden", text);
  }
  if (all > HOSTS_MAX) {
    throw new Failure("too-large", `Plans of more than ${HOSTS_MAX} hosts are not simulated.`);
  }
  const { question, facts } = await questionOf(world, plan, asked);
  const answer = await inThread({ question, seeds: asked.seeds, timeMs: THREAD_MS });
  return { ...answer, ...facts };
}

async function questionOf(world: World, plan: StoredPlan, asked: Asked) {
  const { db } = world;
  const statement = parseStatement(plan.statement);
  if (!statement.ok) throw new Failure("internal", "The plan's statement cannot be read.");
  const [waves, leaves, patch, pace] = await Promise.all([
    loadWaves(db, plan.digest),
    loadLeaves(db, plan.digest),
    loadPatch(db, plan.patch),
    loadPaceOfPlan(db, plan.digest),
  ]);
  const ids = leaves.map((leaf) => leaf.host);
  const known = await loadHosts(db, { ids, scopes: everywhere });
  const byId = new Map(known.map((host) => [host.id, host]));
  const isSuspect = suspectsOf(asked, known);
  const hosts: AskedHost[] = leaves.map(({ host: id, wave, body }) => {
    const host = byId.get(id);
    return {
      ...{ id, wave, body, service: host?.labels["service"] ?? null },
      shared: host === undefined ? [] : sharedOf(host, body),
      failureRate: host !== undefined && isSuspect(host) ? asked.failureRate : asked.elsewhere,
      isAway: host?.contact.state === "unreachable",
    };
  });
  const first = waves[0]?.notBefore ?? 0;
  const last = Math.max(...waves.map((wave) => wave.notAfter));
  const now = world.clock();
  // A plan whose time is over is shown as it would have gone.
  const startsAt = now <= last ? Math.max(now, first) : first;
  const measured = pace.measured > 0 ? Math.max(1, Math.round(pace.meanMs / SECOND_MS)) : null;
  const applySeconds = asked.applySeconds ?? measured ?? APPLY_SECONDS_USUAL;
  const { revert, attempts: attemptsMax, permit } = statement.value;
  const dueAt = patch?.deadline.at ?? null;
  const policy = await approvedPolicy(db, plan.ringsPolicy);
  const question: Question = {
    waves: waves.map((wave) => waveToCarryOut(wave, policy)),
    ...{ hosts, startsAt, attemptsMax, applySeconds, dueAt, spread: SPREAD_USUAL },
    permitTtlSeconds: permit.kind === "lease" ? permit.seconds : PERMIT_TTL_SECONDS,
    revertSeconds: revert.kind === "order" ? revert.seconds : null,
    seed: asked.seed,
  };
  const facts = {
    ...{ startsAt, dueAt, applySeconds },
    suspects: known.filter(isSuspect).length,
    awayHosts: hosts.filter((host) => host.isAway).length,
    measuredJobs: asked.applySeconds === undefined ? pace.measured : 0,
  };
  return { question, facts };
}

function suspectsOf(asked: Asked, hosts: readonly Host[]): (host: Host) => boolean {
  if (asked.stratum === undefined) return () => true;
  const isIn = parseStratum(asked.stratum);
  if (isIn === null) {
    const text = "Write a stratum as os=debian, os=debian 12, or as a label such as zone=a.";
    throw new Failure("invalid", text);
  }
  if (hosts.some(isIn)) return isIn;
  throw new Failure("invalid", `No host of this plan is in ${asked.stratum}.`);
}

/** The build puts the thread's program beside the bundle that starts it. */
const program = new URL(
  import.meta.filename.endsWith(".js") ? "./simulation-thread.js" : "./actions-simulate-thread.ts",
  import.meta.url,
);

async function inThread(work: SimulationWork): Promise<Answer> {
  if (running >= THREADS_MAX) {
    const text = `${THREADS_MAX} plans are simulated already. Ask again in a minute.`;
    throw new Failure("rate-limited", text);
  }
  running += 1;
  const limits = { timeoutMs: TIMEOUT_MS, memoryMaxMb: MEMORY_MAX_MB };
  try {
    const answer = await answerOfThread({ program, data: work, ...limits });
    if (answer !== null) return answer as Answer;
    const text = `One run of this plan took more than ${TIMEOUT_MS / SECOND_MS} seconds or ${MEMORY_MAX_MB} MB.`;
    throw new Failure("too-large", text);
  } finally {
    running -= 1;
  }
}
