import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { ChangeId, HostId, PatchId, PlanDigest, RolloutId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { integers, texts } from "../db/arrays.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { keepingKeyChecks } from "../db/key-checks.ts";
import type { HostRule } from "../plan/model.ts";
import { planInScope } from "../plan/store-hosts.ts";
import type { ChangeClass } from "../policy/rings.ts";
import type { Gate } from "../policy/rings-gates.ts";
import { FAILURES_MIN, type Stratum } from "./correlation.ts";
import type { RolloutFacts } from "./decision.ts";
import { type RolloutRules, rolloutRulesSchema, wholeFacts } from "./gate-rules.ts";
import type { HaltReason, Hold } from "./hold.ts";
import type { RolloutState, WaveState } from "./model.ts";
import { loadApprovalHold, witnessGapOfWave } from "./store-approvals.ts";
import { type CountRow, loadCounts } from "./store-counts.ts";
import { insertGates, loadStands } from "./store-gates.ts";
import { type HaltScope, lockOrder } from "./store-halts.ts";
import { loadOpenings } from "./store-openings.ts";
import { millis, readWidely } from "./store-time.ts";
import { noCounts, type WaveFacts, type WaveGate, type Window, type WitnessGap } from "./wave.ts";

/** Rows of rollouts and waves, and the aggregates that decisions are made from. */

export interface NewRollout {
  readonly id: RolloutId;
  readonly plan: PlanDigest;
  readonly change: ChangeId;
  readonly patch: PatchId;
  readonly title: string;
  readonly attemptsMax: number;
  readonly permitTtlSeconds: number;
  readonly revertSeconds: number | null;
  readonly startedBy: SubjectId;
  /** What the policy says of the whole; absent: nothing. */
  readonly rules?: RolloutRules;
  /** Which hosts may join later; absent: none. */
  readonly rule?: HostRule | null;
  /** Gates of the time after the last wave. */
  readonly after?: readonly Gate[];
  readonly waves: readonly NewWave[];
  readonly targets: readonly NewTarget[];
}

export interface NewWave {
  readonly number: number;
  readonly ring: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Within which hosts may start; none: all of the wave's time. */
  readonly windows: readonly Window[];
  readonly gate: WaveGate;
}

export interface NewTarget {
  readonly host: HostId;
  readonly wave: number;
  /** Its place among all; in a plan that names its hosts also the index of its leaf. */
  readonly leafIndex: number;
  /** The index of its leaf, where hosts of a rule share one. */
  readonly leaf?: number | undefined;
  readonly body: string;
  readonly service: string | null;
}

/** Every control scope that covers a part of the rollout. */
export function scopesOf(rollout: Pick<NewRollout, "id" | "waves" | "targets">) {
  const services = rollout.targets.flatMap((t) => (t.service === null ? [] : [t.service]));
  return lockOrder([
    "all",
    ...rollout.waves.map((wave) => `ring:${wave.ring}` as const),
    ...services.map((service) => `service:${service}` as const),
    `rollout:${rollout.id}`,
  ]);
}

/** Writes the whole rollout; returns its number. Slots are made in host order, so starts never deadlock. */
export async function insertRollout(tx: Tx, rollout: NewRollout): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    insert into rollout (id, plan, change, patch, title, attempts_max, permit_ttl_seconds,
                         revert_seconds, scopes, started_by, rules, rule)
    values (${rollout.id}, ${rollout.plan}, ${rollout.change}, ${rollout.patch}, ${rollout.title},
            ${rollout.attemptsMax}, ${rollout.permitTtlSeconds}, ${rollout.revertSeconds},
            ${[...scopesOf(rollout)]}::text[], ${rollout.startedBy},
            ${sqlJson(rollout.rules ?? {})},
            ${rollout.rule == null ? null : sqlJson(rollout.rule)})
    returning number`.execute(tx);
  for (const wave of rollout.waves) {
    const hosts = rollout.targets.filter((target) => target.wave === wave.number).length;
    const { gates: _gates, ...gate } = wave.gate;
    await sql`
      insert into wave (rollout, number, ring, not_before, not_after, windows, gate, host_count)
      values (${rollout.id}, ${wave.number}, ${wave.ring}, ${sqlInstant(wave.notBefore)},
              ${sqlInstant(wave.notAfter)}, ${sqlJson(wave.windows)}, ${sqlJson(gate)},
              ${hosts})`.execute(tx);
  }
  await insertGates(tx, rollout);
  await keepingKeyChecks(tx, () => insertTargets(tx, rollout));
  return rows[0]?.number ?? 0;
}

async function insertTargets(tx: Tx, rollout: NewRollout): Promise<void> {
  const { targets } = rollout;
  await sql`
    insert into target (rollout, host, wave, leaf_index, leaf, body, service, window_set)
    select ${rollout.id}, t.*, l.window_set from unnest(${texts(targets.map((t) => t.host))},
      ${integers(targets.map((t) => t.wave))}, ${integers(targets.map((t) => t.leafIndex))},
      ${integers(targets.map((t) => t.leaf ?? null))},
      ${texts(targets.map((t) => t.body))}, ${texts(targets.map((t) => t.service))})
        as t(host, wave, leaf_index, leaf, body, service)
      left join plan_leaf l on l.plan = ${rollout.plan} and l.index = t.leaf_index`.execute(tx);
  await sql`
    insert into host_slot (host) select host from target where rollout = ${rollout.id} order by host
    on conflict (host) do nothing`.execute(tx);
}

export interface RolloutRow {
  readonly id: RolloutId;
  readonly number: number;
  readonly plan: PlanDigest;
  readonly change: ChangeId;
  readonly patch: PatchId;
  readonly class: ChangeClass;
  readonly title: string;
  /** As in `C-88` and `P-142`. */
  readonly changeNumber: number;
  readonly patchNumber: number;
  readonly state: RolloutState;
  readonly isFrozen: boolean;
  readonly haltedAt: Instant | null;
  readonly haltReason: HaltReason | null;
  readonly attemptsMax: number;
  readonly permitTtlSeconds: number;
  readonly revertSeconds: number | null;
  readonly scopes: readonly HaltScope[];
  /** The plan's rule by which hosts may join; null: it names its hosts. */
  readonly rule: HostRule | null;
  readonly generation: number;
  readonly startedBy: SubjectId;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
}

const rolloutColumns = sql`
  r.id, r.number, r.plan, r.change, r.patch, r.title,
  (select number from change c where c.id = r.change) as "changeNumber",
  (select class from change c where c.id = r.change) as class,
  (select number from patch p where p.id = r.patch) as "patchNumber", r.state, r.is_frozen as "isFrozen",
  ${millis(sql`r.halted_at`)} as "haltedAt", r.halt_reason as "haltReason", r.attempts_max as "attemptsMax",
  r.permit_ttl_seconds as "permitTtlSeconds", r.revert_seconds as "revertSeconds",
  r.scopes, r.rule,
  r.generation, r.started_by as "startedBy", ${millis(sql`r.started_at`)} as "startedAt",
  ${millis(sql`r.ended_at`)} as "endedAt"`;

/** By id, or by the number that people see. */
export async function loadRollout(
  reader: Reader,
  ref: RolloutId | number,
): Promise<RolloutRow | null> {
  const match = typeof ref === "number" ? sql`r.number = ${ref}` : sql`r.id = ${ref}`;
  const { rows } = await sql<RolloutRow>`
    select ${rolloutColumns} from rollout r where ${match}`.execute(reader);
  return rows[0] ?? null;
}

export async function loadRolloutOfPlan(
  reader: Reader,
  plan: PlanDigest,
): Promise<RolloutRow | null> {
  const { rows } = await sql<RolloutRow>`
    select ${rolloutColumns} from rollout r where r.plan = ${plan}`.execute(reader);
  return rows[0] ?? null;
}

export interface RolloutFilter {
  readonly change: ChangeId | undefined;
  readonly state: RolloutState | undefined;
  readonly scopes: readonly Selector[];
}

/** Newest first, from below `before`. */
export async function listRollouts(
  reader: Reader,
  page: RolloutFilter & {
    readonly limit: number;
    readonly before: number | undefined;
    /** Rows to pass over; instead of `before`. */
    readonly skip: number | undefined;
  },
): Promise<readonly RolloutRow[]> {
  const { rows } = await sql<RolloutRow>`
    select ${rolloutColumns} from rollout r
     where ${isListed(page)} and r.number < ${page.before ?? NUMBER_END}
     order by r.number desc offset ${page.skip ?? 0} limit ${page.limit}`.execute(reader);
  return rows;
}

export async function countRollouts(reader: Reader, filter: RolloutFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from rollout r where ${isListed(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

/** Numbers are PostgreSQL integers; none is as high as this. */
const NUMBER_END = 2 ** 31 - 1;

function isListed({ change, state, scopes }: RolloutFilter): RawBuilder<boolean> {
  const parts = [planInScope("r.plan", scopes)];
  if (change !== undefined) parts.push(sql`r.change = ${change}`);
  if (state !== undefined) parts.push(sql`r.state = ${state}`);
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

const gateSchema = z.object({
  inFlightMax: z.number(),
  // Rollouts that began before there were rates have none.
  rate: z.object({ hosts: z.number(), seconds: z.number() }).nullable().default(null),
  stageSeconds: z.number().optional(),
  soakSeconds: z.number(),
  successRate: z.number(),
  failureBudget: z.number(),
  // Rollouts that began before there was a test have none.
  failures: z
    .object({ baseline: z.number(), bad: z.number(), alpha: z.number(), beta: z.number() })
    .nullable()
    .default(null),
  onFailure: z.enum(["halt", "revert"]),
  signatures: z.number().optional(),
});

const windowsSchema = z.array(z.object({ from: z.number(), to: z.number() }));

interface WaveRow {
  readonly number: number;
  readonly ring: string;
  readonly state: WaveState;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly gate: unknown;
  readonly windows: unknown;
  readonly holds: readonly Hold[];
  readonly openedAt: Instant | null;
  readonly passedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly witnessGap: WitnessGap | null;
}

export type LoadedWave = WaveFacts & {
  readonly holds: readonly Hold[];
  /** Hosts that a person's retry would move. */
  readonly retryable: number;
  readonly passedAt: Instant | null;
};

export interface LoadedRolloutFacts extends RolloutFacts {
  readonly waves: readonly LoadedWave[];
}

export interface LoadedFacts {
  readonly row: RolloutRow;
  readonly facts: LoadedRolloutFacts;
  /** The database's clock. */
  readonly now: Instant;
  /** When the next look was due as of this reading: whoever wants one sooner writes another time. */
  readonly lookAt: string;
}

type Head = RolloutRow & {
  readonly now: Instant;
  readonly lookAt: string;
  readonly halted: readonly { readonly scope: string; readonly since: number }[];
  readonly rules: unknown;
  readonly hasGates: boolean;
};

/** Everything a decision needs, as aggregates; null when there is no such rollout. */
export async function loadFacts(reader: Reader, id: RolloutId): Promise<LoadedFacts | null> {
  const head = await sql<Head>`
    select ${rolloutColumns}, ${millis(sql`now()`)} as now, r.look_at::text as "lookAt", r.rules,
           exists (select 1 from rollout_gate g where g.rollout = r.id) as "hasGates",
           (select coalesce(jsonb_agg(jsonb_build_object('scope', s.scope, 'since',
                     (extract(epoch from coalesce(c.since, r.started_at)) * 1000)::bigint)
                     order by s.scope), '[]')
              from unnest(r.scopes) as s(scope) left join halt_control c on c.scope = s.scope
             where s.scope <> 'rollout:' || r.id and coalesce(c.is_halted, true)) as halted
      from rollout r where r.id = ${id}`.execute(reader);
  const [found] = head.rows;
  if (found === undefined) return null;
  const { now, lookAt, halted: wide, rules: stored, hasGates, ...row } = found;
  const rules = rolloutRulesSchema.parse(stored);
  const stands = hasGates ? await loadStands(reader, id) : noStands;
  const waves = await loadWaves(reader, id, { rules, stands });
  const own = row.haltedAt === null ? null : { scope: "this rollout", since: row.haltedAt };
  const facts = {
    state: row.state,
    isFrozen: row.isFrozen,
    haltedBy: haltedBy(row.state, row.haltReason),
    halted: (row.state === "halted" ? own : null) ?? wide[0] ?? null,
    approvalHold: await loadApprovalHold(reader, row),
    waves,
    ...(row.rule === null ? {} : { isOpenToJoin: true as const }),
    ...wholeFacts(rules, { halt: row.haltReason, gates: stands.get(0) ?? [] }),
  };
  return { row, facts, now, lookAt };
}

const noStands: Awaited<ReturnType<typeof loadStands>> = new Map();

/** A person who halts by hand decides also about what was done already. */
function haltedBy(state: RolloutState, reason: HaltReason | null): number | null {
  return state !== "halted" || reason === null || reason.why === "person" ? null : reason.wave;
}

export async function loadWaveNumbers(reader: Reader, id: RolloutId): Promise<readonly number[]> {
  const { rows } = await sql<{ number: number }>`
    select number from wave where rollout = ${id} order by number`.execute(reader);
  return rows.map((row) => row.number);
}

async function loadWaves(
  reader: Reader,
  id: RolloutId,
  { rules, stands }: { readonly rules: RolloutRules; readonly stands: typeof noStands },
): Promise<readonly LoadedWave[]> {
  const waves = await sql<WaveRow>`
    select number, ring, state, gate, holds, windows,
           ${millis(sql`not_before`)} as "notBefore", ${millis(sql`not_after`)} as "notAfter",
           ${millis(sql`opened_at`)} as "openedAt", ${millis(sql`passed_at`)} as "passedAt",
           ${millis(sql`ended_at`)} as "endedAt", ${witnessGapOfWave} as "witnessGap"
      from wave w where rollout = ${id} order by number`.execute(reader);
  const counts = await loadCounts(reader, id);
  const byWave = new Map(counts.map((row) => [row.wave, row]));
  const failing = counts.filter((row) => row.newFailures >= FAILURES_MIN).map((row) => row.wave);
  const strata = failing.length > 0 ? await loadStrata(reader, id, failing) : [];
  const stuck = await countIrreversible(reader, id, rules.irreversible);
  const openings = isOneNext(waves.rows) ? await loadOpenings(reader, id) : null;
  return waves.rows.map((row) => {
    const {
      wave: _wave,
      newFailures,
      newSuccesses,
      revertible,
      orderedBack,
      reverting,
      lastEndedAt,
      retryable,
      ...rest
    } = byWave.get(row.number) ?? noHosts;
    return {
      ...row,
      ...openings?.get(row.number),
      gate: gateSchema.parse(row.gate),
      windows: windowsSchema.parse(row.windows),
      hasPassed: row.passedAt !== null,
      counts: rest,
      newFailures,
      newSuccesses,
      revertible,
      lastEndedAt,
      orderedBack,
      reverting,
      irreversible: stuck.get(row.number) ?? 0,
      gates: stands.get(row.number) ?? [],
      retryable,
      strata: strata
        .filter((stratum) => stratum.wave === row.number)
        .map(({ wave: _wave, ...stratum }) => stratum),
    };
  });
}

/** Whether a wave waits for its time or for people, and not for the wave before it. */
function isOneNext(waves: readonly Pick<WaveRow, "state" | "passedAt">[]): boolean {
  return waves.some(({ state }, at) => {
    return state === "waiting" && (at === 0 || waves[at - 1]?.passedAt !== null);
  });
}

const noHosts: CountRow = {
  wave: 0,
  ...noCounts,
  newFailures: 0,
  newSuccesses: 0,
  revertible: 0,
  orderedBack: 0,
  reverting: 0,
  lastEndedAt: null,
  retryable: 0,
};

/** Done hosts whose body cannot be undone, by wave. */
async function countIrreversible(
  reader: Reader,
  id: RolloutId,
  bodies: readonly string[],
): Promise<ReadonlyMap<number, number>> {
  if (bodies.length === 0) return new Map();
  const { rows } = await sql<{ wave: number; hosts: number }>`
    select wave, count(*)::int as hosts from target
     where rollout = ${id} and state = 'done' and kind = 'apply'
       and body = any(${[...bodies]}::text[])
     group by wave`.execute(reader);
  return new Map(rows.map(({ wave, hosts }) => [wave, hosts]));
}

/**
 * What hosts of these waves share with each other; what was seen when somebody resumed tells nothing any more.
 * Hosts that are not done yet are in no count, so the dear half of it, their labels and facts, is not read.
 */
async function loadStrata(reader: Reader, id: RolloutId, waves: readonly number[]) {
  await readWidely(reader);
  const { rows } = await sql<Stratum & { wave: number }>`
    with alike as (
      select t.wave, left(t.body, 12) as body, h.facts ->> 'distribution' as distribution,
             h.facts ->> 'release' as release, h.labels ->> 'zone' as zone,
             h.labels ->> 'site' as site,
             coalesce(t.service, h.labels ->> 'service') as service,
             (count(*) filter (where t.ended_at is not null))::int as ended,
             (count(*) filter (where t.state in ('failed', 'rolled-back')))::int as failed
        from target t join host h on h.id = t.host
       where t.rollout = ${id} and t.wave = any(${[...waves]}::int[]) and not t.is_acknowledged
         and (t.ended_at is not null or t.state in ('failed', 'rolled-back'))
       group by 1, 2, 3, 4, 5, 6, 7
    )
    select a.wave, s.kind, s.name, sum(a.ended)::int as ended, sum(a.failed)::int as failed
      from alike a cross join lateral (values
        ('body', 'body ' || a.body), ('os', a.distribution || ' ' || a.release),
        ('zone', 'zone ' || a.zone), ('site', 'site ' || a.site),
        ('service', 'service ' || a.service)) as s(kind, name)
     where s.name is not null
     group by a.wave, s.kind, s.name
     order by a.wave, s.kind, s.name`.execute(reader);
  return rows;
}
