import { sql } from "kysely";

import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import {
  type ChangeId,
  type HostId,
  newId,
  type PatchId,
  type PlanDigest,
  type RolloutId,
} from "../base/ids.ts";
import { HOUR_MS, type Instant } from "../base/instant.ts";
import { type Db, inTransaction, type Tx } from "../db/database.ts";
import { undatedDeadline } from "../triage/deadline.ts";
import { insertRollout, type NewRollout, scopesOf } from "./store.ts";
import { ensureControls, type HaltScope } from "./store-halts.ts";
import { integrateRows, recordApproval } from "./store-story-log.ts";
import { millis } from "./store-time.ts";
import { takeRollouts } from "./store-turn.ts";
import type { WaveGate } from "./wave.ts";

/**
 * Builders for tests of this context: hosts and rollouts as rows, and a way to let time pass. The
 * engine's time is the database's, so the story makes every row older instead of the clock later.
 */
export const easyGate: WaveGate = {
  inFlightMax: 100,
  soakSeconds: 60,
  successRate: 1,
  failureBudget: 0,
  failures: null,
  onFailure: "halt",
};

export interface StoryWave {
  readonly ring: string;
  readonly hosts: readonly HostId[];
  readonly gate?: Partial<WaveGate>;
}

export interface Story {
  readonly id: RolloutId;
  readonly number: number;
  readonly plan: PlanDigest;
  readonly change: ChangeId;
  readonly scopes: readonly HaltScope[];
  /** In the order of their leaves. */
  readonly hosts: readonly HostId[];
}

export async function addHosts(db: Db, count: number, service?: string): Promise<HostId[]> {
  const ids = Array.from({ length: count }, () => newId<HostId>(Date.now()));
  const labels = JSON.stringify(service === undefined ? {} : { service });
  await sql`
    insert into host (id, name, protocol_id, labels, way, mode, created_at)
    select id, 'host-' || id, 'h-' || right(replace(id, '-', ''), 20), ${labels}::jsonb,
           '{"kind": "local"}', 'managed', now()
      from unnest(${ids}::text[]) as id`.execute(db);
  return ids;
}

export async function aRollout(
  db: Db,
  waves: readonly StoryWave[],
  over: Partial<NewRollout> = {},
  made: NewRollout[] = [],
): Promise<Story> {
  const story = await aRolloutNotInLog(db, waves, over, made);
  await integrateRows(db);
  return story;
}

/** Its approval has no place in the log yet. */
export async function aRolloutNotInLog(
  db: Db,
  waves: readonly StoryWave[],
  over: Partial<NewRollout> = {},
  made: NewRollout[] = [],
): Promise<Story> {
  const now = Date.now();
  const id = newId<RolloutId>(now);
  const body = sha256("body");
  const rollout: NewRollout = {
    id,
    plan: sha256(id) as PlanDigest,
    change: newId<ChangeId>(now),
    patch: newId<PatchId>(now),
    title: "Upgrade libssl3",
    attemptsMax: 2,
    permitTtlSeconds: 3,
    revertSeconds: 3600,
    startedBy: systemActor.subject,
    waves: waves.map((wave, at) => ({
      number: at + 1,
      ring: wave.ring,
      notBefore: now - HOUR_MS,
      notAfter: now + 12 * HOUR_MS,
      windows: [],
      gate: { ...easyGate, ...wave.gate },
    })),
    targets: waves
      .flatMap((wave, at) => wave.hosts.map((host) => ({ host, wave: at + 1 })))
      .map(({ host, wave }, leafIndex) => ({ host, wave, leafIndex, body, service: null })),
    ...over,
  };
  made.push(rollout);
  const scopes = scopesOf(rollout);
  const number = await inTransaction(db, async (tx) => {
    await anApprovedChange(tx, rollout);
    await ensureControls(tx, scopes);
    return insertRollout(tx, rollout);
  });
  const hosts = rollout.targets.map((target) => target.host);
  return { id, number, plan: rollout.plan, change: rollout.change, scopes, hosts };
}

const noDeadline = JSON.stringify(undatedDeadline(0));

const noRisk = JSON.stringify({
  hosts: 1,
  rings: [],
  restarts: [],
  needsReboot: false,
  reversibility: "downgrade",
  irreversible: [],
  pipedHosts: 0,
  firstWaveDetects: 1,
});

/** The rows that a rollout stands on; what is in the statement does not matter to the engine. */
async function anApprovedChange(tx: Tx, of: NewRollout): Promise<void> {
  await sql`
    insert into patch (id, title, ecosystem, source, source_version, state, route, kind, urgency,
                       classified_by, classified_facts, vulnerabilities, affected_versions,
                       regression, deadline, justification, opened_by, opened_at, moved_at)
    values (${of.patch}, ${of.title}, 'Debian:12', 'openssl', ${of.patch}, 'approved', 'scheduled',
            'security', 'high', '{"file": "f", "rule": "r", "version": "1"}', '{}', '{}',
            '{"< 3"}', '{"level": "low", "because": "it is small"}', ${noDeadline}::jsonb, 'it is',
            ${of.startedBy}, now(), now())`.execute(tx);
  const policy = sha256("rings");
  await sql`insert into rings_policy (digest, name, text) values (${policy}, 'rings', 'text')
            on conflict do nothing`.execute(tx);
  await sql`
    insert into plan (digest, statement, patch, change_number, class, rings_policy, requested_by,
                      requester, need, host_count, report, created_at, expires_at)
    values (${of.plan}, ${of.plan}, ${of.patch}, 1, 'normal', ${policy}, 'carol', 'carol', 1,
            ${of.targets.length}, '{}', now(), now() + interval '1 day')`.execute(tx);
  await sql`
    insert into change (id, number, patch, plan, class, state, title, reason, backout, risk, need,
                        requested_by, requester_person, requested_at, expires_at, moved_at)
    values (${of.change}, nextval('change_number'), ${of.patch}, ${of.plan}, 'normal', 'running',
            ${of.title}, 'it is time', 'undo', ${noRisk}::jsonb, 1, 'carol', 'carol', now(),
            now() + interval '1 day', now())`.execute(tx);
  await sql`
    insert into approval (id, change, plan, person, handle, key_class, key_line, signature, at)
    values (${of.change}, ${of.change}, ${of.plan}, 'alice', 'alice', 'ssh', 'key', 'signature',
            now())`.execute(tx);
  await recordApproval(tx, of);
}

/** Takes the ownership of one rollout, as a server's loop would. */
export async function own(db: Db, story: Story, owner: string) {
  await sql`update rollout set look_at = now() where id = ${story.id}`.execute(db);
  const taken = await takeRollouts(db, owner);
  const epoch = taken.find((t) => t.rollout === story.id)?.epoch ?? -1;
  return { rollout: story.id, owner, epoch };
}

export async function openAllWaves(db: Db, story: Story): Promise<void> {
  await sql`update wave set state = 'open', opened_at = now() where rollout = ${story.id}`.execute(
    db,
  );
}

/** Lets time pass: every time in the rows of rollouts lies this much further back. */
export async function age(db: Db, ms: number): Promise<void> {
  const columns: Readonly<Record<string, readonly string[]>> = {
    rollout: ["halted_at", "owner_until", "look_at", "timed_look_at", "started_at", "ended_at"],
    change: ["expires_at"],
    wave: ["not_before", "not_after", "opened_at", "passed_at", "ended_at"],
    target: [
      "lease_until",
      "talk_until",
      "claimed_at",
      "permitted_at",
      "heard_at",
      "retry_at",
      "trouble_since",
      "ended_at",
    ],
  };
  for (const [table, names] of Object.entries(columns)) {
    const sets = names.map(
      (name) => sql`${sql.ref(name)} = ${sql.ref(name)} - make_interval(secs => ${ms / 1000})`,
    );
    await sql`update ${sql.table(table)} set ${sql.join(sets)}`.execute(db);
  }
}

export interface TargetRow {
  readonly host: HostId;
  readonly wave: number;
  readonly state: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly isBegun: boolean;
  readonly verdict: string | null;
  readonly retryAt: Instant | null;
  readonly hold: unknown;
}

export async function targetsOf(db: Db, story: Story): Promise<readonly TargetRow[]> {
  const { rows } = await sql<TargetRow>`
    select host, wave, state, attempt, epoch, is_begun as "isBegun", verdict,
           ${millis(sql`retry_at`)} as "retryAt", hold
      from target where rollout = ${story.id} order by leaf_index`.execute(db);
  return rows;
}

/** What must hold after every commit, whatever happened before; empty when it does. */
export async function brokenInvariants(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ broken: string }>`
    select 'two jobs on ' || host as broken from target
     where state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown')
        or (state = 'held' and is_begun)
     group by host having count(*) > 1
    union all
    select 'slot of ' || s.host || ' does not follow its target' from host_slot s
     where (s.rollout is not null) <> exists (
       select 1 from target t where t.host = s.host
          and (s.rollout is null or t.rollout = s.rollout)
          and (t.state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown')
               or (t.state = 'held' and t.is_begun)))
    union all
    select 'budget of wave ' || w.number || ' passed' from wave w
     where (w.gate ->> 'inFlightMax')::int < (
       select count(*) from target t where t.rollout = w.rollout and t.wave = w.number
          and (t.state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying', 'unknown')
               or (t.state = 'held' and t.is_begun)))
    union all
    select 'wave ' || w.number || ' opened before the one before it passed' from wave w
      join wave e on e.rollout = w.rollout and e.number = w.number - 1
     where w.opened_at is not null and e.passed_at is null
    union all
    select 'host ' || t.host || ' begun without a permit' from target t
     where t.is_begun and not exists (select 1 from job_permit p
       where p.rollout = t.rollout and p.host = t.host and p.attempt = t.attempt)
    union all
    select 'wave ' || c.wave || ' has ' || (c.truth - c.hosts) || ' more ' || c.state
           || ' than counted'
      from (
        select rollout, wave, state, sum(hosts) as hosts, sum(truth) as truth from (
          select rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt, is_ended,
                 hosts, 0 as truth from target_count where not is_stale
          union all
          select rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt,
                 ended_at is not null, 0, 1 from target) b
         group by rollout, wave, state, kind, verdict, is_begun, is_acknowledged, attempt,
                  is_ended) c
     where c.truth <> c.hosts
       and (select coalesce(sum(s.hosts), 0) from target_count s
             where s.rollout = c.rollout and s.wave = c.wave)
         = (select w.host_count from wave w where w.rollout = c.rollout and w.number = c.wave)
  `.execute(db);
  return rows.map((row) => row.broken);
}
