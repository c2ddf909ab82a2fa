import { type Actor, scopesFor } from "../base/actor.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { SECOND_MS } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { demandPlan } from "../plan/actions-show.ts";
import { loadWaves, type StoredPlan } from "../plan/store.ts";
import { loadPatch } from "../triage/store.ts";
import { type Forecast, forecast, type Pace } from "./forecast.ts";
import { type PlanForecast, planForecast } from "./plan-forecast.ts";
import { type LoadedFacts, loadRolloutOfPlan, type RolloutRow } from "./store.ts";
import {
  type KeptForecast,
  type LateGroup,
  type LateHost,
  loadKeptForecast,
  loadLateHosts,
} from "./store-forecast.ts";
import {
  loadCeilings,
  loadPace,
  loadPaceOfPlan,
  loadPlannedTimes,
  loadTimesLeft,
  type TimedHosts,
} from "./store-pace.ts";

/** When a plan would be carried out, if it began now, and which hosts its deadline comes too early for. */
export interface ShownPlanForecast extends PlanForecast {
  readonly madeAt: Instant;
  readonly pace: Pace;
  readonly late: readonly LateHost[];
  /** The rollout that carries it out, with what was forecast when it began. */
  readonly rollout: { readonly row: RolloutRow; readonly kept: KeptForecast | null } | null;
}

const LATE_NAMED_MAX = 100;

export async function forecastPlan(
  world: World,
  actor: Actor,
  asked: { readonly plan: string; readonly jobSeconds: number | undefined },
): Promise<ShownPlanForecast> {
  const { db } = world;
  const plan = await demandPlan(world, actor, asked.plan);
  const madeAt = world.clock();
  const pace =
    asked.jobSeconds === undefined
      ? await loadPaceOfPlan(db, plan.digest)
      : givenPace(asked.jobSeconds * SECOND_MS);
  const dueAt = (await loadPatch(db, plan.patch))?.deadline.at ?? null;
  const { told, times } = await tell(db, plan, { pace, now: madeAt, dueAt });
  const scopes = scopesFor(actor, "plan.read");
  const groups = dueAt === null ? [] : lateGroups(told, times);
  const late = { plan: plan.digest, scopes, groups, limit: LATE_NAMED_MAX };
  const row = await loadRolloutOfPlan(db, plan.digest);
  return {
    ...{ ...told, madeAt, pace },
    late: groups.length === 0 ? [] : await loadLateHosts(db, late),
    rollout: row === null ? null : { row, kept: await loadKeptForecast(db, row.id) },
  };
}

/** Somebody knows better than what was measured: it is taken as it is, without any spread. */
function givenPace(meanMs: number): Pace {
  return { measured: 1, meanMs, deviationMs: 0, basis: "given" };
}

async function tell(
  reader: Reader,
  plan: Pick<StoredPlan, "digest">,
  at: { readonly pace: Pace; readonly now: Instant; readonly dueAt: Instant | null },
): Promise<{ readonly told: PlanForecast; readonly times: readonly TimedHosts[] }> {
  const [waves, times, ceilings] = await Promise.all([
    loadWaves(reader, plan.digest),
    loadPlannedTimes(reader, plan.digest),
    loadCeilings(reader, plan.digest),
  ]);
  return { told: planForecast({ waves, ownTimes: times, ceilings, ...at }), times };
}

/** Of waves that somebody can tell of, the groups in the order in which they were counted. */
function lateGroups(told: PlanForecast, times: readonly TimedHosts[]): LateGroup[] {
  return told.waves.flatMap(({ number: wave, inTime, late }) => {
    if (late === null || late.high === 0) return [];
    const sets = [...times.filter((one) => one.wave === wave).map((one) => one.set), null];
    return sets.map((set, at) => ({ wave, set, inTime: inTime[at] ?? 0 }));
  });
}

/** Of a rollout: from its own hosts as soon as one is done; until then from what it began with. */
export async function forecastNow(reader: Reader, loaded: LoadedFacts): Promise<Forecast> {
  const { id, plan, endedAt } = loaded.row;
  const own = await loadPace(reader, id);
  const isOwnEnough = own.measured > 0 || endedAt !== null;
  const kept = isOwnEnough ? null : await loadKeptForecast(reader, id);
  const [ownTimes, ceilings] = await Promise.all([
    loadTimesLeft(reader, { rollout: id, plan }),
    loadCeilings(reader, plan),
  ]);
  return forecast(loaded, kept?.pace ?? own, { ownTimes, ceilings });
}

/** What is told of a plan that begins now, to be kept beside what comes of it; null: nobody can. */
export async function firstForecast(
  reader: Reader,
  plan: PlanDigest,
  now: Instant,
): Promise<KeptForecast | null> {
  const pace = await loadPaceOfPlan(reader, plan);
  const { told } = await tell(reader, { digest: plan }, { pace, now, dueAt: null });
  const waves = told.forecast.waves.map(({ number, startsAt, endsAt }) => {
    return { number, startsAt, endsAt };
  });
  return waves.length === 0 ? null : { madeAt: now, pace, waves };
}
