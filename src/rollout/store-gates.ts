import { sql } from "kysely";
import { z } from "zod";
import type { HostId, RolloutId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { type Gate, keptGates } from "../policy/rings-gates.ts";
import type { GateStand, GateWord } from "./gate-judge.ts";
import { rolloutRulesSchema } from "./gate-rules.ts";
import { type GateState, gateStateSchema, type Reading } from "./gate-state.ts";
import { millis } from "./store-time.ts";

/** Gates of rollouts as rows: what they ask, what was measured, what people said of them. */

export interface GateKey {
  readonly rollout: RolloutId;
  /** 0: after the last wave. */
  readonly wave: number;
  readonly name: string;
}

export async function insertGates(
  tx: Tx,
  rollout: {
    readonly id: RolloutId;
    readonly waves: readonly {
      readonly number: number;
      readonly gate: { readonly gates?: readonly Gate[] };
    }[];
    readonly after?: readonly Gate[];
  },
): Promise<void> {
  const rows = [
    ...rollout.waves.flatMap(({ number, gate }) =>
      (gate.gates ?? []).map((one, position) => ({ wave: number, gate: one, position })),
    ),
    ...(rollout.after ?? []).map((gate, position) => ({ wave: 0, gate, position })),
  ];
  for (const { wave, gate, position } of rows) {
    await sql`
      insert into rollout_gate (rollout, wave, name, position, gate)
      values (${rollout.id}, ${wave}, ${gate.name}, ${position}, ${sqlJson(gate)})`.execute(tx);
  }
}

interface StandRow {
  readonly wave: number;
  readonly gate: unknown;
  readonly state: unknown;
  readonly words: readonly GateWord[];
}

/** Every gate of the rollout with what is known of it, by wave, in the policy's order. */
export async function loadStands(
  reader: Reader,
  rollout: RolloutId,
): Promise<ReadonlyMap<number, readonly GateStand[]>> {
  const { rows } = await sql<StandRow>`
    select g.wave, g.gate, g.state,
           (select coalesce(jsonb_agg(jsonb_build_object('verdict', w.verdict, 'person', w.person,
                     'words', w.words, 'at', ${millis(sql`w.at`)}) order by w.at, w.person), '[]')
              from gate_word w
             where w.rollout = g.rollout and w.wave = g.wave and w.gate = g.name) as words
      from rollout_gate g where g.rollout = ${rollout} order by g.wave, g.position`.execute(reader);
  const stands = new Map<number, GateStand[]>();
  for (const { wave, gate, state, words } of rows) {
    const known = stands.get(wave) ?? [];
    known.push({ gate: gateFrom(gate), state: stateFrom(state), words });
    stands.set(wave, known);
  }
  return stands;
}

function gateFrom(stored: unknown): Gate {
  const [gate] = keptGates.parse([stored]);
  if (gate === undefined) throw new RangeError("one gate goes in, so one comes out");
  return gate;
}

function stateFrom(stored: unknown): GateState | null {
  return gateStateSchema.nullable().parse(stored);
}

/** A gate that is to be measured now. */
export interface DueGate extends GateKey {
  readonly gate: Gate;
}

/**
 * Takes gates whose next measurement is due, so that no other server measures them for a while: those
 * of open waves, those that want to know how it was before, and after the last wave those of it.
 */
export async function takeDueGates(
  reader: Reader,
  take: { readonly countMax: number; readonly leaseSeconds: number },
): Promise<readonly DueGate[]> {
  const { rows } = await sql<GateKey & { gate: unknown }>`
    with picked as (
      select g.rollout, g.wave, g.name from rollout_gate g
        join rollout r on r.id = g.rollout
        left join wave w on w.rollout = g.rollout and w.number = g.wave
       where g.gate -> 'rule' ? 'interval' and g.next_at <= now()
         and r.state in ('running', 'halted')
         and (w.state = 'open'
              or (w.state = 'waiting' and g.gate -> 'rule' ? 'latencyRatioMax')
              or (g.wave = 0 and not exists (select 1 from wave o where o.rollout = g.rollout
                                                and o.state in ('waiting', 'open'))))
       order by g.next_at limit ${take.countMax} for update of g skip locked)
    update rollout_gate g set next_at = now() + make_interval(secs => ${take.leaseSeconds})
      from picked p
     where g.rollout = p.rollout and g.wave = p.wave and g.name = p.name
    returning g.rollout, g.wave, g.name, g.gate`.execute(reader);
  return rows.map((row) => ({ ...row, gate: gateFrom(row.gate) }));
}

/** The gate's state, locked: readings are folded into it one after the other. */
export async function lockGateState(
  tx: Tx,
  { rollout, wave, name }: GateKey,
): Promise<GateState | null> {
  const { rows } = await sql<{ state: unknown }>`
    select state from rollout_gate
     where rollout = ${rollout} and wave = ${wave} and name = ${name} for update`.execute(tx);
  return stateFrom(rows[0]?.state ?? null);
}

export interface KeptReading {
  readonly id: string;
  readonly reading: Reading;
  readonly evidence: unknown;
  readonly digest: string;
}

/** Keeps a reading with its evidence, and what is known of the gate from now on. */
export async function recordReading(
  tx: Tx,
  key: GateKey,
  kept: KeptReading & { readonly state: GateState; readonly nextInSeconds: number },
): Promise<void> {
  const { rollout, wave, name } = key;
  const { kind, at, words } = kept.reading;
  await sql`
    insert into gate_reading (id, rollout, wave, gate, at, kind, words, evidence, digest)
    values (${kept.id}, ${rollout}, ${wave}, ${name}, ${sqlInstant(at)}, ${kind}, ${words},
            ${sqlJson(kept.evidence)}, ${kept.digest})`.execute(tx);
  await sql`
    update rollout_gate
       set state = ${sqlJson(kept.state)},
           next_at = now() + make_interval(secs => ${kept.nextInSeconds})
     where rollout = ${rollout} and wave = ${wave} and name = ${name}`.execute(tx);
  await sql`update rollout set look_at = now()
             where id = ${rollout} and state in ('running', 'halted')`.execute(tx);
}

/** Forgets what was measured: it was about other hosts, or somebody has seen it and goes on. */
export async function forgetReadings(
  tx: Tx,
  of: { readonly rollout: RolloutId; readonly wave: number | null },
): Promise<void> {
  await sql`
    update rollout_gate set state = null, next_at = now()
     where rollout = ${of.rollout} and (${of.wave}::int is null or wave = ${of.wave}::int)
       and state is not null`.execute(tx);
}

/**
 * Whoever goes on has seen what gates showed and who refused them: all are asked anew. What people
 * said stays in the journal and the ledger.
 */
export async function askGatesAnew(tx: Tx, rollout: RolloutId): Promise<void> {
  await forgetReadings(tx, { rollout, wave: null });
  await sql`
    delete from gate_word where rollout = ${rollout} and verdict = 'refuse'`.execute(tx);
}

/** One person's word about a gate; the last one counts, and no turn that read the others commits. */
export async function putGateWord(
  tx: Tx,
  key: GateKey,
  said: {
    readonly person: SubjectId;
    readonly verdict: GateWord["verdict"];
    readonly words: string;
  },
): Promise<void> {
  await sql`
    insert into gate_word (rollout, wave, gate, person, verdict, words)
    values (${key.rollout}, ${key.wave}, ${key.name}, ${said.person}, ${said.verdict},
            ${said.words})
    on conflict (rollout, wave, gate, person) do update
       set verdict = excluded.verdict, words = excluded.words, at = now()`.execute(tx);
  await sql`update rollout set look_at = now(), generation = generation + 1
             where id = ${key.rollout}`.execute(tx);
}

export interface StoredReading {
  readonly id: string;
  readonly at: Instant;
  readonly kind: Reading["kind"];
  readonly words: string;
  readonly evidence: unknown;
  readonly digest: string;
}

/** What was measured for a gate, newest first. */
export async function loadReadings(
  reader: Reader,
  { rollout, wave, name }: GateKey,
  limit: number,
): Promise<readonly StoredReading[]> {
  const { rows } = await sql<StoredReading>`
    select id, ${millis(sql`at`)} as at, kind, words, evidence, digest from gate_reading
     where rollout = ${rollout} and wave = ${wave} and gate = ${name}
     order by at desc, id desc limit ${limit}`.execute(reader);
  return rows;
}

/** A host of a rollout, as gates that measure see it. */
export interface GateHost {
  readonly id: HostId;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly wave: number;
  /** It has the patch; else it never got it, or it is at work. */
  readonly standing: "patched" | "unpatched" | "between";
  /** What it shares with hosts that may be compared with it. */
  readonly stratum: string;
  readonly endedAt: Instant | null;
}

const labelsSchema = z.record(z.string(), z.string());

/** Hosts of the rollout: of one wave, or of all with null. */
export async function loadGateHosts(
  reader: Reader,
  rollout: RolloutId,
  wave: number | null,
): Promise<readonly GateHost[]> {
  const { rows } = await sql<GateHost & { labels: unknown }>`
    select h.id, h.name, h.labels, t.wave, ${millis(sql`t.ended_at`)} as "endedAt",
           case when t.state in ('done', 'noop') and t.kind = 'apply' then 'patched'
                when t.state in ('ready', 'skipped', 'reverted') and not t.is_begun
                     and t.kind = 'apply' then 'unpatched'
                else 'between' end as standing,
           concat_ws('/', h.facts ->> 'distribution', h.facts ->> 'release',
                     coalesce(t.service, h.labels ->> 'service')) as stratum
      from target t join host h on h.id = t.host
     where t.rollout = ${rollout} and (${wave}::int is null or t.wave = ${wave}::int)
     order by h.name collate "C"`.execute(reader);
  return rows.map((row) => ({ ...row, labels: labelsSchema.parse(row.labels) }));
}

const latencies = z.array(z.number());

/** How long runs took before the patch, in milliseconds. */
export async function loadBeforeMs(reader: Reader, key: GateKey): Promise<readonly number[]> {
  const { rows } = await sql<{ before: unknown }>`
    select before_ms as before from rollout_gate
     where rollout = ${key.rollout} and wave = ${key.wave} and name = ${key.name}`.execute(reader);
  return latencies.parse(rows[0]?.before ?? []);
}

export async function saveBeforeMs(
  reader: Reader,
  key: GateKey,
  beforeMs: readonly number[],
): Promise<void> {
  await sql`
    update rollout_gate set before_ms = ${sqlJson(beforeMs)}
     where rollout = ${key.rollout} and wave = ${key.wave} and name = ${key.name}`.execute(reader);
}

/** Networks that checks of this rollout may reach; null: the usual ones. */
export async function loadGateNetworks(
  reader: Reader,
  rollout: RolloutId,
): Promise<readonly string[] | null> {
  const { rows } = await sql<{ rules: unknown }>`
    select rules from rollout where id = ${rollout}`.execute(reader);
  return rolloutRulesSchema.parse(rows[0]?.rules ?? {}).networks;
}
