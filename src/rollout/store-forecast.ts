import { sql } from "kysely";
import { z } from "zod";
import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { bases, type Likely, type Pace } from "./forecast.ts";
import { millis } from "./store-time.ts";

/** What was forecast when a rollout began, and which hosts of a plan a deadline comes too early for. */
export interface KeptForecast {
  readonly madeAt: Instant;
  /** Of the jobs that it rested on: good until hosts of its own are done. */
  readonly pace: Pace;
  readonly waves: readonly KeptWave[];
}

export interface KeptWave {
  readonly number: number;
  readonly startsAt: Likely;
  readonly endsAt: Likely;
}

const likelySchema = z.object({ median: z.number(), high: z.number() });
const keptSchema = z.object({
  pace: z.object({
    measured: z.number(),
    meanMs: z.number(),
    deviationMs: z.number().nullable(),
    basis: z.enum(bases),
  }),
  waves: z.array(z.object({ number: z.number(), startsAt: likelySchema, endsAt: likelySchema })),
});

export async function keepForecast(
  tx: Tx,
  rollout: RolloutId,
  { madeAt, ...forecast }: KeptForecast,
): Promise<void> {
  await sql`
    insert into rollout_forecast (rollout, forecast, made_at)
    values (${rollout}, ${sqlJson(forecast)}, ${sqlInstant(madeAt)})`.execute(tx);
}

/** Null for rollouts that began when nothing could be told, or before forecasts were kept. */
export async function loadKeptForecast(
  reader: Reader,
  rollout: RolloutId,
): Promise<KeptForecast | null> {
  const { rows } = await sql<{ forecast: unknown; madeAt: Instant }>`
    select forecast, ${millis(sql`made_at`)} as "madeAt" from rollout_forecast
     where rollout = ${rollout}`.execute(reader);
  const [row] = rows;
  return row === undefined ? null : { ...keptSchema.parse(row.forecast), madeAt: row.madeAt };
}

/** Hosts of a wave with the same windows, of which the first `inTime` are in time. */
export interface LateGroup {
  readonly wave: number;
  /** The number of their windows; null: those of the wave. */
  readonly set: number | null;
  readonly inTime: number;
}

export interface LateHost {
  readonly host: HostId;
  readonly name: string;
  readonly wave: number;
}

/** Those behind the ones in time, in the order of the plan. */
export async function loadLateHosts(
  reader: Reader,
  of: {
    readonly plan: PlanDigest;
    readonly scopes: readonly Selector[];
    readonly groups: readonly LateGroup[];
    readonly limit: number;
  },
): Promise<readonly LateHost[]> {
  const { groups } = of;
  const { rows } = await sql<LateHost>`
    with placed as (
      select l.host, l.index, l.wave, l.window_set,
             row_number() over (partition by l.wave, l.window_set order by l.index) as place
        from plan_leaf l where l.plan = ${of.plan}
    )
    select p.host, h.name, p.wave
      from placed p
      join unnest(${groups.map((g) => g.wave)}::int[], ${groups.map((g) => g.set)}::int[],
                  ${groups.map((g) => g.inTime)}::int[]) as g(wave, set, in_time)
        on g.wave = p.wave and g.set is not distinct from p.window_set and p.place > g.in_time
      join host h on h.id = p.host
     where ${scopeSql(of.scopes, "h.labels")}
     order by p.index limit ${of.limit}`.execute(reader);
  return rows;
}
