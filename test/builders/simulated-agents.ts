import { randomBytes } from "node:crypto";
import { Agent, request } from "node:https";
import { createSecureContext } from "node:tls";
import { sha256 } from "../../src/base/digest.ts";
import { type HostId, newId } from "../../src/base/ids.ts";
import { parseLabels } from "../../src/base/labels.ts";
import {
  type MachineKey,
  makeMachineKey,
  openMachineKey,
  signDocument,
} from "../../src/base/sshsig.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { NO_PLAN, writeAsk } from "../../src/fleet/ask.ts";
import { EMPTY_HEAD } from "../../src/fleet/order.ts";
import { insertAgent } from "../../src/fleet/store-agent.ts";
import { agentCa } from "../../src/fleet/store-agent-ca.ts";
import { insertHosts, setSigningKey } from "../../src/inventory/store.ts";
import { type JobReports, simulatedJob } from "./simulated-job.ts";

/**
 * Agents without machines: real keys, certificates, TLS and signatures, many in one process. A job that
 * an answer brings is asked a permit for and reported; nothing is done.
 */
export interface SimulatedAgent {
  readonly protocolId: string;
  readonly host: HostId;
  readonly reports: JobReports;
  /** One poll; how long the server took to answer, or why it did not. */
  poll(): Promise<SimulatedPoll>;
  /** A request of a talk, over the same connection; gives status and text. */
  talk(talk: string, at?: string): Promise<{ readonly status: number; readonly text: string }>;
  close(): void;
}

export interface SimulatedPoll {
  readonly status: number;
  readonly ms: number;
  /** When it is to come back, as the server said; null where it said nothing. */
  readonly nextSeconds: number | null;
  /** Why there is no answer, or the code of a refusal; empty where it was answered. */
  readonly why: string;
}

const AT_ONCE = 100;
/** As the host program has curl do: `connect-timeout`, which counts the handshake in, and `max-time`. */
const CONNECT_MS_MAX = 20_000;
const ANSWER_MS_MAX = 110_000;
const RETRY_MS = 15_000;
const RETRY_MS_MAX = 70_000;
const RETRY_SPREAD_MS = 20_000;

/** How long the host program waits after so many failed calls one after the other (86-agent.sh). */
export function retryMs(failures: number): number {
  return Math.min(RETRY_MS_MAX, failures * RETRY_MS) + Math.random() * RETRY_SPREAD_MS;
}

/**
 * `kept`: one connection for all requests. `new`: a whole handshake for each, as the host program's
 * `curl` does, which ends after each request.
 */
export type Connections = "kept" | "new";

export async function simulateAgents(
  world: World,
  count: number,
  url: () => string,
  prefix = "sim",
  connections: Connections = "kept",
): Promise<readonly SimulatedAgent[]> {
  const ca = await agentCa(world.paths.state);
  const at = world.clock();
  const agents: SimulatedAgent[] = [];
  while (agents.length < count) {
    const some = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - agents.length) }, async (_, index) => {
        const number = agents.length + index;
        const key = openMachineKey(makeMachineKey().privateKeyPem);
        const protocolId = `h-${randomBytes(10).toString("hex")}`;
        const id = newId<HostId>(at);
        const keyLine = key.publicKeyLine;
        const certificate = await ca.issueClient({ protocolId, keyLine }, at);
        return { number, key, protocolId, id, keyLine, certificate };
      }),
    );
    await inTransaction(world.db, async (tx) => {
      const hosts = some.map(({ id, protocolId, number }) => ({
        ...{ id, protocolId, name: `${prefix}-${number}`, labels: parseLabels(["ring=canary"]) },
        way: { kind: "agent", protocolId } as const,
        mode: "managed" as const,
      }));
      await insertHosts(tx, hosts, at);
      for (const { id, keyLine, protocolId, certificate } of some) {
        await setSigningKey(tx, id, keyLine);
        const { serial, until: certificateUntil } = certificate;
        await insertAgent(tx, { host: id, protocolId, serial, certificateUntil, nextAt: at, at });
      }
    });
    agents.push(
      ...some.map(({ key, protocolId, certificate, id: host }) => {
        const token = ca.pollToken(protocolId, 0);
        const pem = certificate.certificatePem;
        const tenant = world.config.deployment;
        const authority = ca.certificatePem;
        const who = { url, tenant, key, protocolId, host, token, pem };
        return simulated({ ...who, ca: authority, connections });
      }),
    );
  }
  return agents;
}

interface Simulating {
  readonly url: () => string;
  readonly tenant: string;
  readonly key: MachineKey;
  readonly protocolId: string;
  readonly host: HostId;
  readonly token: string;
  readonly pem: string;
  readonly ca: string;
  readonly connections: Connections;
}

function simulated(of: Simulating): SimulatedAgent {
  const { key, protocolId, tenant } = of;
  // Made once: with each connection it would cost about as much as the handshake itself.
  const secureContext = createSecureContext({
    ca: of.ca,
    cert: of.pem,
    key: key.privateKey.export({ type: "pkcs8", format: "pem" }),
  });
  const isKept = of.connections === "kept";
  const sessions = isKept ? {} : { maxCachedSessions: 0 };
  const connection = new Agent({ keepAlive: isKept, maxSockets: 1, secureContext, ...sessions });
  const boot = randomBytes(16).toString("hex");
  let { token } = of;
  // As the host program: a nonce is kept until its poll was answered.
  let nonce = randomBytes(16).toString("hex");
  const job = simulatedJob({
    ...{ key, tenant, protocolId, boot },
    token: () => token,
    async say(talk, text, isLast) {
      const path = `talk?talk=${talk}${isLast ? "&last=yes" : ""}`;
      const answer = await post(`${of.url()}/agent/v1/${path}`, text, connection);
      return answer.status === 200 ? answer.text : null;
    },
  });
  return {
    protocolId,
    host: of.host,
    reports: job.reports,
    close: () => connection.destroy(),
    talk: (talk, at) => post(`${at ?? of.url()}/agent/v1/talk?talk=${talk}`, "", connection),
    async poll() {
      const text = writeAsk({
        ...{ kind: "poll", tenant, host: protocolId, plan: NO_PLAN, index: 0, attempt: 0 },
        ...{ epoch: 0, nonce, state: "idle", boot, token, policy: sha256("policy") },
        head: EMPTY_HEAD,
      });
      const signature = signDocument({ namespace: "fettle-ask-v1", key, bytes: text });
      const startedMs = performance.now();
      const body = `@ask\n${text}@asksig\n${signature}@end\n`;
      const { status, text: said } = await post(`${of.url()}/agent/v1/poll`, body, connection);
      const ms = performance.now() - startedMs;
      const next = /^@token ([0-9a-f]{64})\n@next (\d+)\n/.exec(said);
      if (status === 200 && next !== null) {
        token = next[1] ?? "";
        nonce = randomBytes(16).toString("hex");
      }
      const talk = /^@talk ([0-9a-f]{32})\n@input\n([\s\S]*)$/m.exec(said);
      if (talk !== null) await job.talk(talk[1] ?? "", talk[2] ?? "");
      const refusal = /^@refused (\S+)/.exec(said)?.[1] ?? said;
      const why = status === 200 ? "" : refusal;
      const later = /^@next (\d+)$/m.exec(said)?.[1];
      return { status, ms, nextSeconds: later === undefined ? null : Number(later), why };
    },
  };
}

function post(
  url: string,
  body: string,
  agent: Agent,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve) => {
    const ended = (why: string): void => resolve({ status: 0, text: why });
    const headers = { "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", () => ended("broken off"));
    });
    const give = (words: string) => () => sent.destroy(new Error(words));
    const whole = setTimeout(give("no answer in time"), ANSWER_MS_MAX);
    const connected = setTimeout(give("no connection in time"), CONNECT_MS_MAX);
    sent.on("socket", (socket) => {
      if (sent.reusedSocket) clearTimeout(connected);
      else socket.once("secureConnect", () => clearTimeout(connected));
    });
    sent.on("close", () => {
      clearTimeout(whole);
      clearTimeout(connected);
    });
    sent.on("error", (cause) => ended(cause.message));
    sent.end(body);
  });
}

/** The value below which this share of all lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
