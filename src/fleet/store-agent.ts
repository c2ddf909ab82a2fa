import { sql } from "kysely";
import { z } from "zod";
import type { HostId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { programSchema } from "../inventory/host-row.ts";
import type { InstalledProgram } from "../inventory/model.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { AgentSeen, AgentState } from "./agent-health.ts";
import type { Nearness } from "./agent-pace.ts";
import type { Ratchet } from "./agent-ratchet.ts";

/** Hosts that call in: the tokens they enrol with, their ratchets, their certificates. */
export interface AgentToken {
  readonly id: string;
  readonly ring: string;
  readonly labels: Labels;
  readonly policy: string;
  readonly madeBy: SubjectId;
  readonly until: Instant;
  readonly usedAt: Instant | null;
  readonly withdrawnAt: Instant | null;
}

export async function insertAgentPolicy(
  tx: Tx,
  policy: { readonly digest: string; readonly text: string; readonly at: Instant },
): Promise<void> {
  await sql`
    insert into agent_policy (digest, policy, created_at)
    values (${policy.digest}, ${policy.text}, ${sqlInstant(policy.at)})
    on conflict (digest) do nothing`.execute(tx);
}

export async function insertAgentToken(
  tx: Tx,
  token: Omit<AgentToken, "usedAt" | "withdrawnAt"> & {
    readonly tokenDigest: string;
    readonly madeAt: Instant;
  },
): Promise<void> {
  await sql`
    insert into agent_token (id, token_digest, ring, labels, policy, made_by, made_at, until)
    values (${token.id}, ${token.tokenDigest}, ${token.ring}, ${sqlJson(token.labels)},
            ${token.policy}, ${token.madeBy}, ${sqlInstant(token.madeAt)},
            ${sqlInstant(token.until)})`.execute(tx);
}

const tokenColumns = sql`
  id, ring, labels, policy, made_by as "madeBy", until, used_at as "usedAt",
  withdrawn_at as "withdrawnAt"`;

export async function loadAgentToken(
  reader: Reader,
  tokenDigest: string,
): Promise<AgentToken | null> {
  const { rows } = await sql<AgentToken>`
    select ${tokenColumns} from agent_token where token_digest = ${tokenDigest}`.execute(reader);
  return rows[0] ?? null;
}

export async function loadAgentPolicy(reader: Reader, digest: string): Promise<string | null> {
  const { rows } = await sql<{ policy: string }>`
    select policy from agent_policy where digest = ${digest}`.execute(reader);
  return rows[0]?.policy ?? null;
}

/** Uses a token up; of any number that come at once exactly one is told true. */
export async function spendAgentToken(
  tx: Tx,
  of: { readonly id: string; readonly host: HostId; readonly at: Instant },
): Promise<boolean> {
  const { rows } = await sql`
    update agent_token set used_at = ${sqlInstant(of.at)}, used_by = ${of.host}
     where id = ${of.id} and used_at is null and withdrawn_at is null
       and until > ${sqlInstant(of.at)}
    returning 1`.execute(tx);
  return rows.length > 0;
}

export async function insertAgent(
  tx: Tx,
  agent: {
    readonly host: HostId;
    readonly protocolId: string;
    readonly serial: string;
    readonly certificateUntil: Instant;
    readonly nextAt: Instant;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into agent
      (host, protocol_id, state_at, next_at, certificate_serial, certificate_until)
    values (${agent.host}, ${agent.protocolId}, ${sqlInstant(agent.at)},
            ${sqlInstant(agent.nextAt)}, ${agent.serial},
            ${sqlInstant(agent.certificateUntil)})`.execute(tx);
}

/** One host as a poll of it is judged. */
export interface PollingAgent {
  readonly host: HostId;
  readonly name: string;
  readonly protocolId: string;
  readonly keyLine: string | null;
  readonly isRemoved: boolean;
  readonly state: AgentState;
  readonly stateReason: string | null;
  readonly ratchet: Ratchet;
  readonly certificateUntil: Instant;
  readonly renews: boolean;
  /** A scan of it waits. */
  readonly isScanDue: boolean;
  readonly near: Nearness;
}

const recentSchema = z.array(z.strictObject({ count: z.number(), nonce: z.string() }));

interface PollingRow extends Omit<PollingAgent, "ratchet"> {
  readonly count: number;
  readonly nonce: string | null;
  readonly recent: unknown;
  readonly isReleased: boolean;
}

/** The hosts that poll, locked in one order against another server's polls of the same hosts. */
export async function lockPolling(
  tx: Tx,
  protocolIds: readonly string[],
): Promise<readonly PollingAgent[]> {
  const { rows } = await sql<PollingRow>`
    select a.host, h.name, a.protocol_id as "protocolId", h.signing_key as "keyLine",
           h.removed_at is not null as "isRemoved", a.state, a.state_reason as "stateReason",
           a.poll_count as count, a.poll_nonce as nonce, a.poll_recent as recent,
           a.is_released as "isReleased", a.certificate_until as "certificateUntil", a.renews,
           exists (select from scan_host s where s.host_id = a.host and s.state = 'waiting')
             as "isScanDue",
           case
             when exists (select from host_slot s where s.host = a.host and s.rollout is not null)
             then 'job'
             when exists (select from rollout r where r.state = 'running' and exists
                 (select from target t where t.rollout = r.id and t.host = a.host and t.is_ready))
             then 'ready' else 'nothing' end as near
      from agent a join host h on h.id = a.host
     where a.protocol_id = any(${[...protocolIds]}::text[])
     order by a.host for update of a`.execute(tx);
  return rows.map(({ count, nonce, recent, isReleased, ...row }) => ({
    ...row,
    ratchet: { count, nonce, recent: recentSchema.parse(recent), isReleased },
  }));
}

export interface PollMove {
  readonly host: HostId;
  readonly ratchet: Ratchet;
  readonly nextAt: Instant;
}

/** The one write of a batch of polls. */
export async function writePolls(tx: Tx, moves: readonly PollMove[], at: Instant): Promise<void> {
  await sql`
    update agent a
       set poll_count = m.count, poll_nonce = m.nonce, poll_recent = m.recent,
           is_released = false, polled_at = ${sqlInstant(at)},
           next_at = to_timestamp(m.next_at / 1000)
      from unnest(
        ${moves.map((m) => m.host)}::text[], ${moves.map((m) => m.ratchet.count)}::bigint[],
        ${moves.map((m) => m.ratchet.nonce)}::text[],
        ${moves.map((m) => JSON.stringify(m.ratchet.recent))}::jsonb[],
        ${moves.map((m) => m.nextAt)}::float8[])
        as m (host, count, nonce, recent, next_at)
     where a.host = m.host`.execute(tx);
}

export async function writeCertificate(
  reader: Reader,
  of: { readonly host: HostId; readonly serial: string; readonly until: Instant },
): Promise<void> {
  await sql`
    update agent set certificate_serial = ${of.serial},
           certificate_until = ${sqlInstant(of.until)}, renews = false
     where host = ${of.host}`.execute(reader);
}

/** Moves an agent to a state; false when it is there already, or buried for ever. */
export async function setAgentState(
  tx: Tx,
  of: {
    readonly host: HostId;
    readonly state: AgentState;
    readonly reason: string;
    readonly at: Instant;
  },
): Promise<boolean> {
  const { rows } = await sql`
    update agent
       set state = ${of.state}, state_reason = ${of.reason}, state_at = ${sqlInstant(of.at)},
           is_released = ${of.state === "live"}
     where host = ${of.host} and state <> ${of.state} and state <> 'buried'
    returning 1`.execute(tx);
  if (rows.length === 0) return false;
  // What the engine asks before it gives a job or a permit (host protocol §11.4).
  await sql`
    insert into host_slot (host, is_quarantined) values (${of.host}, ${of.state !== "live"})
    on conflict (host) do update set is_quarantined = excluded.is_quarantined`.execute(tx);
  return true;
}

export async function askRenewal(tx: Tx, host: HostId): Promise<boolean> {
  const { rows } = await sql`
    update agent set renews = true where host = ${host} and state = 'live' returning 1`.execute(tx);
  return rows.length > 0;
}

export interface ListedAgent {
  readonly host: HostId;
  readonly name: string;
  readonly protocolId: string;
  readonly labels: Labels;
  readonly state: AgentState;
  readonly stateReason: string | null;
  readonly stateAt: Instant;
  readonly polls: number;
  readonly polledAt: Instant | null;
  readonly nextAt: Instant | null;
  readonly certificateUntil: Instant;
  readonly isRemoved: boolean;
  readonly program: InstalledProgram | null;
}

export async function loadAgents(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly host?: HostId | undefined;
    /** A name or an id; of hosts that had the name, the newest. */
    readonly ref?: string | undefined;
    readonly state?: AgentState | undefined;
    readonly afterName: string;
    readonly limit: number;
  },
): Promise<readonly ListedAgent[]> {
  const isHost = of.host === undefined ? sql`true` : sql`a.host = ${of.host}`;
  const isRef =
    of.ref === undefined
      ? sql`true`
      : sql`(a.host = ${of.ref} or h.name = ${of.ref} or a.protocol_id = ${of.ref})`;
  const isState = of.state === undefined ? sql`true` : sql`a.state = ${of.state}`;
  const { rows } = await sql<ListedAgent & { readonly program: unknown }>`
    select a.host, h.name, a.protocol_id as "protocolId", h.labels, a.state,
           a.state_reason as "stateReason", a.state_at as "stateAt", a.poll_count as polls,
           a.polled_at as "polledAt", a.next_at as "nextAt",
           a.certificate_until as "certificateUntil", h.removed_at is not null as "isRemoved",
           h.program
      from agent a join host h on h.id = a.host
     where ${scopeSql(of.scopes, "h.labels")} and ${isHost} and ${isRef} and ${isState}
       and h.name > ${of.afterName}
     order by h.name, a.host desc limit ${of.limit}`.execute(reader);
  return rows.map(withProgram);
}

/** All agents of these scopes that are not buried, by name: what their health is judged from. */
export async function loadSeenAgents(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly AgentSeen[]> {
  const { rows } = await sql<AgentSeen & { readonly program: unknown }>`
    select h.name, a.state, a.state_reason as "stateReason", a.state_at as "stateAt",
           a.polled_at as "polledAt", a.next_at as "nextAt",
           a.certificate_until as "certificateUntil", h.program
      from agent a join host h on h.id = a.host
     where ${scopeSql(scopes, "h.labels")} and a.state <> 'buried' and h.removed_at is null
     order by h.name`.execute(reader);
  return rows.map(withProgram);
}

function withProgram<Row extends { readonly program: unknown }>(
  row: Row,
): Row & { readonly program: InstalledProgram | null } {
  return { ...row, program: programSchema.nullable().parse(row.program) };
}

/** How often the ratchet of a host moved, which is the number of its newest token; null for no agent. */
export async function loadPollCount(reader: Reader, protocolId: string): Promise<number | null> {
  const { rows } = await sql<{ count: number }>`
    select poll_count as count from agent
     where protocol_id = ${protocolId} and state = 'live'`.execute(reader);
  return rows[0]?.count ?? null;
}

/** Where an agent stands now, as every server on this database sees it; null for none with this id. */
export async function loadAgentState(
  reader: Reader,
  protocolId: string,
): Promise<{ readonly state: AgentState; readonly reason: string | null } | null> {
  const { rows } = await sql<{ state: AgentState; reason: string | null }>`
    select a.state, a.state_reason as reason from agent a join host h on h.id = a.host
     where a.protocol_id = ${protocolId} and h.removed_at is null`.execute(reader);
  return rows[0] ?? null;
}

/** Whether an id was ever given, to a host that lives, is removed or is buried. */
export async function isKnownId(reader: Reader, protocolId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from host where protocol_id = ${protocolId}`.execute(reader);
  return rows.length > 0;
}
