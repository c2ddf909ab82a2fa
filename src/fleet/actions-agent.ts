import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../base/instant.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { demandWithin } from "../inventory/host-input.ts";
import { everywhere, markRemoved } from "../inventory/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { ownProgram } from "../reach/own-program.ts";
import { newAgentToken, tokenDigest } from "./actions-agent-enrol.ts";
import {
  type AgentConcern,
  type AgentState,
  agentHealth,
  type HealthRules,
} from "./agent-health.ts";
import type { AgentTrust } from "./agent-install-line.ts";
import { parseHostPolicy } from "./host-policy.ts";
import {
  askRenewal,
  insertAgentPolicy,
  insertAgentToken,
  type ListedAgent,
  loadAgents,
  loadSeenAgents,
  setAgentState,
} from "./store-agent.ts";
import { agentCa } from "./store-agent-ca.ts";

/** What people do about hosts that call in. */
export const TOKEN_LIFE_DEFAULT_MS = 15 * MINUTE_MS;
export const TOKEN_LIFE_MAX_MS = 24 * HOUR_MS;

/** What a trust file says; compare it once with the server's own console, then keep it in Git. */
export async function agentTrust(world: World): Promise<AgentTrust> {
  const { config, paths } = world;
  if (config.agentPort === undefined) {
    throw new Failure(
      "blocked",
      "This server does not listen for agents. Set agentPort in fettle.yaml (7701 is usual), and agentHost and agentName where hosts reach it under another address.",
    );
  }
  const ca = await agentCa(paths.state);
  return {
    tenant: config.deployment,
    url: `https://${config.agentName ?? config.serverName}:${config.agentPort}`,
    authority: ca.certificatePem,
    program: ownProgram().digest,
  };
}

export interface MadeToken {
  readonly id: string;
  /** Shown once; only its digest is kept. */
  readonly token: string;
  readonly policy: string;
  readonly until: Instant;
}

export async function makeAgentToken(
  world: World,
  actor: Actor,
  input: {
    readonly ring: string;
    readonly labels: Labels;
    readonly policy: string;
    readonly lifeMs: number;
  },
): Promise<MadeToken> {
  const { ring, labels, lifeMs } = input;
  demandWithin(scopesFor(actor, "host.manage"), labels);
  const parsed = parseHostPolicy(input.policy);
  if (!parsed.ok) {
    const why = `The policy cannot be used, line ${parsed.line}: ${parsed.why}.`;
    throw new Failure("invalid", why);
  }
  const { tenant, rings } = parsed.value;
  if (tenant !== world.config.deployment) {
    const why = `The policy is for ${tenant}; this server serves ${world.config.deployment}.`;
    throw new Failure("invalid", why);
  }
  if (!rings.some((rule) => rule.ring === ring)) {
    const why = `The policy has no line for the ring ${ring}, so a host there could do nothing.`;
    throw new Failure("invalid", why);
  }
  const at = world.clock();
  const token = newAgentToken();
  const policy = sha256(input.policy);
  const id = newId(at);
  const until = at + Math.min(lifeMs, TOKEN_LIFE_MAX_MS);
  await inTransaction(world.db, async (tx) => {
    await insertAgentPolicy(tx, { digest: policy, text: input.policy, at });
    await insertAgentToken(tx, {
      ...{ id, ring, labels, policy, until },
      tokenDigest: tokenDigest(token),
      madeBy: actor.subject,
      madeAt: at,
    });
    await recordEvent(tx, {
      type: "agent-token.made",
      actor: actor.subject,
      object: `agent-token:${id}`,
      facts: { ring, policyDigest: policy, until },
    });
  });
  return { id, token, policy, until };
}

export interface AgentPage {
  readonly state?: AgentState | undefined;
  readonly afterName: string;
  readonly limit: number;
}

export function listAgents(
  world: World,
  actor: Actor,
  page: AgentPage,
): Promise<readonly ListedAgent[]> {
  return loadAgents(world.db, { scopes: scopesFor(actor, "host.read"), ...page });
}

export function showAgent(world: World, actor: Actor, ref: string): Promise<ListedAgent> {
  return foundAgent(world, scopesFor(actor, "host.read"), ref);
}

export function healthRules(world: World): HealthRules {
  const { agentSilentDays: silentDays } = world.config;
  return { now: world.clock(), silentDays, own: ownProgram() };
}

export interface ConcernCount {
  readonly kind: AgentConcern["kind"];
  readonly count: number;
  readonly names: readonly string[];
}

const CONCERN_NAMES_MAX = 5;

/** What stands in the way of the actor's agents, counted by kind; each agent by its worst. */
export async function concernsOfAgents(
  world: World,
  actor: Actor,
): Promise<{ readonly total: number; readonly items: readonly ConcernCount[] }> {
  const scopes = scopesFor(actor, "host.read");
  const seen = await loadSeenAgents(world.db, scopes);
  const rules = healthRules(world);
  const worst = seen.flatMap((agent) => {
    const [concern] = agentHealth(agent, rules).concerns;
    return concern === undefined ? [] : [{ kind: concern.kind, name: agent.name }];
  });
  const kinds = Map.groupBy(worst, ({ kind }) => kind);
  const items = [...kinds].map(([kind, some]) => ({
    kind,
    count: some.length,
    names: some.slice(0, CONCERN_NAMES_MAX).map(({ name }) => name),
  }));
  return { total: seen.length, items };
}

/** One of these agents, also one that was removed or buried. */
async function foundAgent(
  world: World,
  scopes: readonly Selector[],
  ref: string,
): Promise<ListedAgent> {
  const [agent] = await loadAgents(world.db, { scopes, ref, afterName: "", limit: 1 });
  if (agent === undefined) throw new Failure("not-found", `There is no agent ${ref}.`);
  return agent;
}

export type AgentVerb = "quarantine" | "release" | "bury";

const moves: Readonly<
  Record<AgentVerb, { readonly to: AgentState; readonly type: `${string}.${string}` }>
> = {
  quarantine: { to: "quarantined", type: "agent.quarantined" },
  release: { to: "live", type: "agent.released" },
  bury: { to: "buried", type: "agent.buried" },
};

/**
 * Quarantine: nothing is taken from it, nothing given. Release: one machine alone goes on under this id,
 * and its next poll counts as it comes. Bury: the id is never admitted or given again.
 */
export async function moveAgent(
  world: World,
  actor: Actor,
  of: { readonly host: string; readonly verb: AgentVerb; readonly reason: string },
): Promise<ListedAgent> {
  const agent = await foundAgent(world, scopesFor(actor, "host.manage"), of.host);
  const { to, type } = moves[of.verb];
  const at = world.clock();
  const { host, protocolId } = agent;
  await inTransaction(world.db, async (tx) => {
    const isMoved = await setAgentState(tx, { host, state: to, reason: of.reason, at });
    if (!isMoved) {
      const now = agent.state === "live" ? "not in quarantine" : agent.state;
      throw new Failure("conflict", `${agent.name} is ${now} already.`);
    }
    if (to === "buried") await markRemoved(tx, host, at);
    await recordEvent(tx, {
      type,
      actor: actor.subject,
      object: `host:${host}`,
      facts: { protocolId, reason: of.reason },
    });
  });
  const [moved] = await loadAgents(world.db, { scopes: everywhere, host, afterName: "", limit: 1 });
  return moved ?? agent;
}

/** Has the next poll bring a new certificate. */
export async function renewAgent(world: World, actor: Actor, ref: string): Promise<ListedAgent> {
  const agent = await foundAgent(world, scopesFor(actor, "host.manage"), ref);
  await inTransaction(world.db, async (tx) => {
    if (!(await askRenewal(tx, agent.host))) {
      throw new Failure("conflict", `${agent.name} is ${agent.state}: it gets no certificate.`);
    }
    await recordEvent(tx, {
      type: "agent.renewal-asked",
      actor: actor.subject,
      object: `host:${agent.host}`,
      facts: { protocolId: agent.protocolId },
    });
  });
  return agent;
}
