import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { hostname } from "node:os";
import type { TLSSocket } from "node:tls";
import { assert, Failure } from "../base/failure.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type AgentEntrance, startEntrance } from "./agent-entrance.ts";
import { type Refusals, startRefusals } from "./refusals.ts";

/**
 * The second way into the server, for agents only: TLS with Fettle's own authority, and no route of the
 * API. A client certificate is asked for and judged here; who shows none may still enrol.
 */
export interface AgentDoorRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | null;
  readonly admitted: string | null;
  readonly body: Uint8Array;
  /** How long those waited for their handshake who come now, ms. */
  readonly waitedMs: number;
}

export interface AgentListening {
  readonly caPem: string;
  issueServer(
    names: readonly string[],
    at: Instant,
  ): Promise<{ readonly certificatePem: string; readonly keyPem: string; readonly until: Instant }>;
  answer(request: AgentDoorRequest): Promise<{
    readonly status: number;
    readonly text: string;
    readonly refusal: string | null;
    readonly retrySeconds: number | null;
  }>;
}

export interface AgentListener {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** An inspection of a large machine is some megabytes of text. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Who shows no certificate has an enrolment to hand in, which is a page of text. */
const STRANGER_BODY_BYTES_MAX = 64 * 1024;
const URL_CHARACTERS_MAX = 512;
const HEADERS_BYTES_MAX = 8 * 1024;
const REQUEST_MS_MAX = 120_000;
const IDLE_MS = 70_000;
/** Hosts give up after 20 s; whoever opens connections and says nothing holds them for no longer. */
const HANDSHAKE_MS_MAX = 30_000;
const CONNECTIONS_MAX = 20_000;
/** Who finds no room before the server has looked is turned away by the kernel, which costs it seconds. */
const BACKLOG = 4_096;
/** The server's certificate is good for 90 days; a timer holds 24 at most. */
const RENEW_MS = 20 * DAY_MS;

export async function startAgentListener(
  world: World,
  listening: AgentListening,
): Promise<AgentListener> {
  const { config } = world;
  assert(config.agentPort !== undefined, "agents are listened to where a port is set");
  const names = serverNames(world);
  const refusals = startRefusals(world);
  const context = async () => {
    const { certificatePem, keyPem } = await listening.issueServer(names, world.clock());
    return { cert: certificatePem, key: keyPem, ca: listening.caPem };
  };
  const server = createServer(
    {
      ...(await context()),
      minVersion: config.agentTls === "1.2" ? "TLSv1.2" : "TLSv1.3",
      requestCert: true,
      // Judged for each request: who enrols has no certificate yet.
      rejectUnauthorized: false,
      maxHeaderSize: HEADERS_BYTES_MAX,
      requestTimeout: REQUEST_MS_MAX,
      handshakeTimeout: HANDSHAKE_MS_MAX,
      keepAliveTimeout: IDLE_MS,
    },
    (request, response) => void serve({ world, listening, refusals, entrance }, request, response),
  );
  const entrance = startEntrance(server);
  server.maxConnections = CONNECTIONS_MAX;
  const host = config.agentHost ?? config.host;
  await listenOn(server, host, config.agentPort);
  const renewal = setInterval(() => {
    context()
      .then((next) => server.setSecureContext(next))
      .catch((cause: unknown) => world.log.error({ err: cause }, "no new certificate for agents"));
  }, RENEW_MS);
  renewal.unref();
  const address = server.address();
  assert(typeof address === "object" && address !== null, "the server listens on a port");
  return {
    url: `https://${config.agentName ?? config.serverName}:${address.port}`,
    port: address.port,
    async close() {
      clearInterval(renewal);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      entrance.close();
      await closed;
      await refusals.close();
    },
  };
}

/** What the certificate says this server is called. */
function serverNames({ config }: World): readonly string[] {
  const own = [config.agentName ?? config.serverName, "localhost", hostname(), "127.0.0.1", "::1"];
  const listens = config.agentHost ?? config.host;
  const isAny = ["0.0.0.0", "::"].includes(listens);
  return [...new Set(isAny ? own : [...own, listens])];
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EADDRINUSE") return reject(cause);
      const why = `Port ${port} on ${host}, where agents call in, is in use by another program. Choose another with FETTLE_AGENT_PORT or agentPort in fettle.yaml.`;
      reject(new Failure("blocked", why, { cause }));
    });
    server.listen({ port, host, backlog: BACKLOG }, () => resolve());
  });
}

interface Serving {
  readonly world: World;
  readonly listening: AgentListening;
  readonly refusals: Refusals;
  readonly entrance: AgentEntrance;
}

async function serve(
  { world, listening, refusals, entrance }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = URL.parse(request.url ?? "", "https://agent");
    const isLong = (request.url ?? "").length > URL_CHARACTERS_MAX;
    if (url === null || isLong) return send(response, 400, "@refused E_FORMAT bad address\n@end\n");
    const admitted = admittedBy(request.socket as TLSSocket, world.clock());
    const bytesMax = admitted === null ? STRANGER_BODY_BYTES_MAX : BODY_BYTES_MAX;
    const body = await readBody(request, bytesMax);
    if (body === null) return send(response, 413, "@refused E_SIZE too large\n@end\n");
    const reply = await listening.answer({
      method: request.method ?? "",
      url,
      authorization: request.headers.authorization ?? null,
      admitted,
      body,
      waitedMs: entrance.waitMs(),
    });
    const { refusal: code } = reply;
    if (code !== null) {
      const { method = "" } = request;
      refusals.note({ subject: null, method, route: "agent", code, permission: null });
    }
    const { retrySeconds } = reply;
    if (retrySeconds !== null) response.setHeader("retry-after", String(retrySeconds));
    send(response, reply.status, reply.text);
  } catch (cause) {
    world.log.debug({ err: cause }, "an agent's connection broke off");
    response.destroy();
  }
}

interface Peer {
  readonly name: string;
  /** Until when its certificate holds, ms. */
  readonly until: Instant;
}

/** Whom each open connection is of. Read once, as reading costs more than the rest of a request. */
const peers = new WeakMap<TLSSocket, Peer | null>();

/**
 * The common name of a certificate that our authority issued and that is in time now: a connection
 * that stays open for longer than its certificate holds admits nobody any more.
 */
function admittedBy(socket: TLSSocket, now: Instant): string | null {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = peerOf(socket);
    peers.set(socket, peer);
  }
  return peer !== null && now < peer.until ? peer.name : null;
}

function peerOf(socket: TLSSocket): Peer | null {
  if (!socket.authorized) return null;
  // The older form decodes the whole chain into an object, which costs a fifth of a request.
  const certificate = socket.getPeerX509Certificate();
  const name = /^CN=([^\n]+)$/m.exec(certificate?.subject ?? "")?.[1];
  if (certificate === undefined || name === undefined) return null;
  return { name, until: Date.parse(certificate.validTo) };
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > bytesMax) return null;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}
