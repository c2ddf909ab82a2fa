import { randomBytes } from "node:crypto";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { type HostId, newId } from "../base/ids.ts";
import { SECOND_MS } from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import { inTransaction, isUniqueViolation, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { everywhere, insertHosts, loadHost, setSigningKey } from "../inventory/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { type AgentEnrol, parseAgentEnrol } from "./agent-enrol.ts";
import { signedPart, writeEnrolReply } from "./agent-message.ts";
import { nextPollSeconds } from "./agent-pace.ts";
import { agentRefusal, refusalCode } from "./agent-refusal.ts";
import { parseHostPolicy } from "./host-policy.ts";
import { insertEnrolment } from "./store.ts";
import {
  type AgentToken,
  insertAgent,
  isKnownId,
  loadAgentPolicy,
  loadAgentToken,
  spendAgentToken,
} from "./store-agent.ts";
import { agentCa } from "./store-agent-ca.ts";
import { tellEnrolledHost } from "./store-host-policies.ts";

/**
 * A host enrols itself (host protocol §10.1): with a token that works once, and a key it made itself.
 * What the host believes afterwards stands in its own files, under digests that came with the install
 * line from an operator's machine; nothing the server says here can change that.
 */
/** One part of what an install line fetches; only for a token that could still be used. */
export async function installPart(
  world: World,
  token: string,
  part: "program" | "policy",
  program: () => string,
): Promise<string> {
  const found = await loadAgentToken(world.db, tokenDigest(token));
  if (found === null || !isOpen(found, world.clock())) throw closedToken();
  if (part === "program") return program();
  const policy = await loadAgentPolicy(world.db, found.policy);
  if (policy === null) throw new Failure("internal", "The policy of a token is not there.");
  return policy;
}

/** Takes `@enrol … @enrolsig … @end`; gives the answer for the host. */
export async function enrolAgent(world: World, body: string): Promise<string> {
  const signed = signedPart(body, "enrol");
  const parsed = signed === null ? null : parseAgentEnrol(signed.text);
  if (signed === null || parsed === null || !parsed.ok) {
    const why = parsed === null ? "it is no signed document" : parsed.ok ? "" : parsed.why;
    throw agentRefusal("E_FORMAT", "invalid", `The enrolment cannot be read: ${why}.`);
  }
  const enrol = parsed.value;
  const verdict = verifySshSignature({
    namespace: "fettle-enrol-v1",
    bytes: signed.text,
    armoured: signed.signature,
    publicKeyLine: enrol.keyLine,
  });
  if (!verdict.ok) {
    const why = "The enrolment is not signed by the key that stands in it.";
    throw agentRefusal("E_SIG", "forbidden", why);
  }
  const token = await loadAgentToken(world.db, tokenDigest(enrol.token));
  if (token === null) throw closedToken();
  try {
    await demandFitting(world, enrol, token);
    return await keepAgent(world, enrol, token);
  } catch (cause) {
    const code = refusalCode(cause);
    if (code !== null) await recordRefusal(world, token, enrol, code);
    throw cause;
  }
}

async function demandFitting(world: World, enrol: AgentEnrol, token: AgentToken): Promise<void> {
  if (!isOpen(token, world.clock())) throw closedToken();
  if (enrol.tenant !== world.config.deployment) {
    throw agentRefusal(
      "E_AUDIENCE",
      "forbidden",
      `This server serves ${world.config.deployment}, not ${enrol.tenant}.`,
    );
  }
  const labels = labelLines(token.labels).join(",");
  const isGroup = enrol.ring === token.ring && [...enrol.labels].sort().join(",") === labels;
  if (!isGroup || enrol.policy !== token.policy) {
    const what = isGroup ? "policy" : "ring or labels";
    throw agentRefusal("E_AUDIENCE", "forbidden", `The token is for another ${what}.`);
  }
  if (await isKnownId(world.db, enrol.host)) throw knownId(enrol.host);
}

async function keepAgent(world: World, enrol: AgentEnrol, token: AgentToken): Promise<string> {
  const at = world.clock();
  const ca = await agentCa(world.paths.state);
  const certificate = await ca.issueClient({ protocolId: enrol.host, keyLine: enrol.keyLine }, at);
  const nextSeconds = nextPollSeconds({
    host: enrol.host,
    poll: 0,
    near: "job",
    readyCount: 0,
    waitedMs: 0,
  });
  const id = newId<HostId>(at);
  try {
    await inTransaction(world.db, async (tx) => {
      const name = await freeName(tx, enrol);
      const way = { kind: "agent", protocolId: enrol.host } as const;
      const { labels } = token;
      const host = { id, name, protocolId: enrol.host, labels, way, mode: "managed" } as const;
      await insertHosts(tx, [host], at);
      // Two at once both find the token open; the row lets one of them through.
      if (!(await spendAgentToken(tx, { id: token.id, host: id, at }))) throw closedToken();
      await setSigningKey(tx, id, enrol.keyLine);
      await insertAgent(tx, {
        host: id,
        protocolId: enrol.host,
        serial: certificate.serial,
        certificateUntil: certificate.until,
        nextAt: at + nextSeconds * SECOND_MS,
        at,
      });
      await recordEnrolled(tx, world, { host: id, enrol, token, serial: certificate.serial });
    });
  } catch (cause) {
    if (isUniqueViolation(cause, "host_protocol_id_key")) throw knownId(enrol.host);
    throw cause;
  }
  return writeEnrolReply({
    host: enrol.host,
    token: ca.pollToken(enrol.host, 0),
    nextSeconds,
    certificate: certificate.certificatePem,
  });
}

async function recordEnrolled(
  tx: Tx,
  world: World,
  of: {
    readonly host: HostId;
    readonly enrol: AgentEnrol;
    readonly token: AgentToken;
    readonly serial: string;
  },
): Promise<void> {
  const { host, enrol, token } = of;
  const policy = parseHostPolicy((await loadAgentPolicy(tx, token.policy)) ?? "");
  const policyVersion = policy.ok ? policy.value.version : 1;
  const way = "agent" as const;
  const { ring, keyLine } = enrol;
  await insertEnrolment(tx, {
    ...{ host, way, ring, policyVersion, keyLine },
    policyDigest: token.policy,
    enrolledBy: token.madeBy,
  });
  await tellEnrolledHost(tx, { host, way, policyVersion });
  const key = parsePublicKeyLine(keyLine);
  const object = `host:${host}`;
  await recordEvent(tx, {
    type: "host.added",
    actor: token.madeBy,
    object,
    facts: { way, mode: "managed" },
  });
  await recordEvent(tx, {
    type: "host.enrolled",
    actor: token.madeBy,
    object,
    facts: {
      ...{ way, ring, policyVersion, policyDigest: token.policy },
      key: key === null ? "" : fingerprint(key),
      token: token.id,
      certificate: of.serial,
      at: world.clock(),
    },
  });
}

async function recordRefusal(
  world: World,
  token: AgentToken,
  enrol: AgentEnrol,
  code: string,
): Promise<void> {
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "agent.refused",
      actor: systemActor.subject,
      object: `agent-token:${token.id}`,
      facts: { code, protocolId: enrol.host, name: enrol.name },
    }),
  );
}

/** The machine's own name, or with the end of its id where a host is called so already. */
async function freeName(tx: Tx, enrol: AgentEnrol): Promise<string> {
  const own = enrol.name;
  if ((await loadHost(tx, own, everywhere)) === null) return own;
  return `${own.slice(0, 54)}-${enrol.host.slice(-8)}`;
}

function isOpen(token: AgentToken, now: number): boolean {
  return token.usedAt === null && token.withdrawnAt === null && now < token.until;
}

function closedToken(): Failure {
  return agentRefusal(
    "E_TOKEN",
    "forbidden",
    "The token is not known, was used, or is over. Make another install line on the operator's machine.",
  );
}

function knownId(protocolId: string): Failure {
  const why = `The id ${protocolId} was given before, and no id is given twice.`;
  return agentRefusal("E_STATE", "conflict", why);
}

/** 128 random bits as 32 hex digits. */
export function newAgentToken(): string {
  return randomBytes(16).toString("hex");
}

/** What is kept of a token. */
export function tokenDigest(token: string): string {
  return sha256(`fettle agent token 1\n${token}\n`);
}

export function labelLines(labels: Labels): readonly string[] {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
}
