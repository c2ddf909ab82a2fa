import { systemActor } from "../base/actor.ts";
import { makeBatcher } from "../base/batcher.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { nextPollSeconds, type ReadyCount, readyCount } from "./agent-pace.ts";
import { countsThatMatter, judgePoll } from "./agent-ratchet.ts";
import { agentRefusal } from "./agent-refusal.ts";
import type { Poll } from "./ask.ts";
import type { SignedText } from "./order.ts";
import {
  loadAgentState,
  loadPollCount,
  lockPolling,
  type PollingAgent,
  type PollMove,
  setAgentState,
  writeCertificate,
  writePolls,
} from "./store-agent.ts";
import { type AgentCa, agentCa, CLIENT_LIFE_MS, RENEW_AT_SHARE } from "./store-agent-ca.ts";

/**
 * Polls of agents, all that come within some milliseconds in one transaction: one read of the rows that
 * they lock, one write. What this returns was committed before anybody is told.
 */
export interface SaidPoll {
  /** Whom the client certificate names. */
  readonly admitted: string;
  readonly poll: Poll;
  readonly signed: SignedText;
  /** How long those who come now had to wait, ms. */
  readonly waitedMs: number;
}

export interface AnsweredPoll {
  readonly agent: PollingAgent;
  /** The token that the host holds from now on. */
  readonly token: string;
  readonly nextSeconds: number;
  readonly certificate: string | null;
}

type Judged =
  | { readonly kind: "answer"; readonly agent: PollingAgent; readonly move: PollMove }
  | {
      readonly kind: "refusal";
      readonly failure: Failure;
      readonly quarantine: PollingAgent | null;
    };

const POLLS_WAIT_MS = 25;
const POLLS_MAX = 500;

export function pollDesk(world: World): (said: SaidPoll) => Promise<AnsweredPoll> {
  const ready = readyCount();
  const batcher = makeBatcher<SaidPoll, AnsweredPoll | Failure>({
    waitMs: POLLS_WAIT_MS,
    countMax: POLLS_MAX,
    handle: async (polls) => {
      const ca = await agentCa(world.paths.state);
      const at = world.clock();
      const judged = await inTransaction(world.db, (tx) =>
        takePolls(tx, { world, ca, polls, at, ready }),
      );
      return Promise.all(judged.map((one) => answerOf(world, ca, one, at)));
    },
  });
  return async (said) => {
    const answer = await batcher.add(said);
    if (answer instanceof Failure) throw answer;
    return answer;
  };
}

interface Taking {
  readonly world: World;
  readonly ca: AgentCa;
  readonly polls: readonly SaidPoll[];
  readonly at: Instant;
  readonly ready: ReadyCount;
}

async function takePolls(tx: Tx, taking: Taking): Promise<readonly Judged[]> {
  const { polls, at } = taking;
  const ids = [...new Set(polls.map(({ poll }) => poll.host))];
  const agents = new Map((await lockPolling(tx, ids)).map((agent) => [agent.protocolId, agent]));
  const judged: Judged[] = [];
  for (const said of polls) {
    const one = judge(taking, said, agents.get(said.poll.host));
    judged.push(one);
    // Two polls of one host in a batch are judged one after the other.
    if (one.kind === "answer") {
      agents.set(one.agent.protocolId, { ...one.agent, ratchet: one.move.ratchet });
    }
  }
  const moves = judged.flatMap((one) => (one.kind === "answer" ? [one.move] : []));
  // The last move of a host is the one that stays.
  const last = new Map(moves.map((move) => [move.host, move]));
  if (last.size > 0) await writePolls(tx, [...last.values()], at);
  for (const one of judged) {
    if (one.kind === "refusal" && one.quarantine !== null) await quarantine(tx, one.quarantine, at);
  }
  return judged;
}

function judge(taking: Taking, said: SaidPoll, agent: PollingAgent | undefined): Judged {
  const refused = whyRefused(taking, said, agent);
  if (refused !== null || agent === undefined) {
    const failure = refused ?? notAdmitted("nothing is known of it");
    return { kind: "refusal", failure, quarantine: null };
  }
  const { poll } = said;
  const counts = countsThatMatter(agent.ratchet);
  const shown = counts.find((count) => taking.ca.pollToken(poll.host, count) === poll.token);
  const verdict = judgePoll(agent.ratchet, { count: shown ?? null, nonce: poll.nonce });
  switch (verdict.kind) {
    case "advance":
    case "repeat": {
      const ratchet = verdict.kind === "advance" ? verdict.next : agent.ratchet;
      const { protocolId, near, host } = agent;
      taking.ready.see(protocolId, near === "ready", taking.at);
      const seconds = nextPollSeconds({
        ...{ host: protocolId, poll: ratchet.count, near },
        readyCount: taking.ready.count(taking.at),
        waitedMs: said.waitedMs,
      });
      const move = { host, ratchet, nextAt: taking.at + seconds * SECOND_MS };
      return { kind: "answer", agent, move };
    }
    case "late": {
      const why = "This poll was answered long ago; the newest answer counts.";
      return {
        kind: "refusal",
        failure: agentRefusal("E_REPLAY", "conflict", why),
        quarantine: null,
      };
    }
    case "clone": {
      const failure = quarantinedRefusal("its poll token was used by another machine");
      return { kind: "refusal", failure, quarantine: agent };
    }
  }
}

/** All that is not about the token; null when the poll may be judged by it. */
function whyRefused(
  { world }: Taking,
  { poll, signed, admitted }: SaidPoll,
  agent: PollingAgent | undefined,
): Failure | null {
  if (admitted !== poll.host || poll.tenant !== world.config.deployment) {
    return notAdmitted(`its certificate is of ${admitted}`);
  }
  if (agent === undefined || agent.keyLine === null) return notAdmitted("nothing is known of it");
  if (agent.isRemoved || agent.state === "buried") {
    return notAdmitted(`the id ${poll.host} is buried: enrol this machine anew`);
  }
  const verdict = verifySshSignature({
    namespace: "fettle-ask-v1",
    bytes: signed.text,
    armoured: signed.signature,
    publicKeyLine: agent.keyLine,
  });
  if (!verdict.ok) {
    return agentRefusal("E_SIG", "forbidden", "The poll is not signed by this host's key.");
  }
  if (agent.state === "quarantined") return quarantinedRefusal(agent.stateReason ?? "");
  return null;
}

function notAdmitted(why: string): Failure {
  return agentRefusal("E_KEY", "forbidden", `This host is not admitted: ${why}.`);
}

function quarantinedRefusal(reason: string): Failure {
  const why = `This host is in quarantine: ${reason}. Whoever manages it says which machine goes on: fettle agent release, or fettle agent bury and a new install line.`;
  return agentRefusal("E_QUARANTINE", "forbidden", why);
}

/** R9: neither of two machines with one id is believed until a person has looked. */
async function quarantine(tx: Tx, agent: PollingAgent, at: Instant): Promise<void> {
  const reason = "two machines use its id, as a copy of its disk would";
  const isNew = await setAgentState(tx, { host: agent.host, state: "quarantined", reason, at });
  if (!isNew) return;
  await recordEvent(tx, {
    type: "agent.quarantined",
    actor: systemActor.subject,
    object: `host:${agent.host}`,
    facts: { protocolId: agent.protocolId, why: "clone", polls: agent.ratchet.count },
  });
}

async function answerOf(
  world: World,
  ca: AgentCa,
  judged: Judged,
  at: Instant,
): Promise<AnsweredPoll | Failure> {
  if (judged.kind === "refusal") return judged.failure;
  const { agent, move } = judged;
  return {
    agent,
    token: ca.pollToken(agent.protocolId, move.ratchet.count),
    nextSeconds: Math.round((move.nextAt - at) / SECOND_MS),
    certificate: await renewed(world, ca, agent, at),
  };
}

/** A new certificate for the same key once two thirds of the old one's life are over. */
async function renewed(
  world: World,
  ca: AgentCa,
  agent: PollingAgent,
  at: Instant,
): Promise<string | null> {
  const isDue = agent.certificateUntil - at <= CLIENT_LIFE_MS * (1 - RENEW_AT_SHARE);
  if (agent.keyLine === null || !(isDue || agent.renews)) return null;
  const { protocolId, keyLine, host } = agent;
  const { certificatePem, serial, until } = await ca.issueClient({ protocolId, keyLine }, at);
  await inTransaction(world.db, async (tx) => {
    await writeCertificate(tx, { host, serial, until });
    await recordEvent(tx, {
      type: "agent.certified",
      actor: systemActor.subject,
      object: `host:${host}`,
      facts: { serial, until: instantToText(until) },
    });
  });
  return certificatePem;
}

/**
 * Refuses whoever is buried, removed or in quarantine by now. A poll is judged with its ratchet; this is
 * for the requests of a talk that began before a person, or another server, took the host out.
 */
export async function demandLive(world: World, protocolId: string): Promise<void> {
  const found = await loadAgentState(world.db, protocolId);
  if (found?.state === "live") return;
  if (found?.state === "quarantined") throw quarantinedRefusal(found.reason ?? "");
  throw notAdmitted(`the id ${protocolId} is buried: enrol this machine anew`);
}

/** Asks other than polls do not move the ratchet; they show where it stands. */
export async function isNewestToken(
  world: World,
  protocolId: string,
  token: string,
): Promise<boolean> {
  const count = await loadPollCount(world.db, protocolId);
  if (count === null) return false;
  return (await agentCa(world.paths.state)).pollToken(protocolId, count) === token;
}
