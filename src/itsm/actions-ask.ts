import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { instantToText } from "../base/instant.ts";
import { readSecretFile } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";
import { reachOfOperators } from "../outbound/address.ts";
import { askOnce } from "../outbound/ask-once.ts";
import { Unreached } from "../outbound/connect.ts";
import { webhookKey, webhookSignature } from "../watch/webhook-message.ts";
import { readAnswer } from "./answer-reading.ts";
import { jira } from "./jira.ts";
import { type Adapter, type Ask, type Request, Trouble } from "./model.ts";
import { servicenow } from "./servicenow.ts";
import type { JiraSettings, ServicenowSettings, WebhookSettings } from "./settings.ts";
import type { System } from "./store.ts";
import { webhook } from "./webhook.ts";

/** Asking a system as its settings say: who we are there, in which form, and what its answer means. */
const TIMEOUT_MS = 20_000;
const ANSWER_BYTES_MAX = 2 * 1024 * 1024;
/** A token is renewed this long before its end. */
const TOKEN_EARLY_MS = 30_000;

/** What a server remembers of a system between two turns. */
export interface SystemMemory {
  token: { readonly text: string; readonly until: number; readonly of: string } | null;
  waitUntil: number;
  attempts: number;
}

export function newMemory(): SystemMemory {
  return { token: null, waitUntil: 0, attempts: 0 };
}

export function adapterOf(system: System): Adapter {
  switch (system.kind) {
    case "servicenow":
      return servicenow(system.settings as ServicenowSettings, system.url);
    case "jira":
      return jira(system.settings as JiraSettings, system.url);
    case "webhook":
      return webhook(system.settings as WebhookSettings);
  }
}

export function askOf(
  world: World,
  system: System,
  of: { readonly memory: SystemMemory; readonly timeoutMs?: number },
): Ask {
  const timeoutMs = of.timeoutMs ?? TIMEOUT_MS;
  return async (request) => {
    const headers = await headersFor(world, system, { request, memory: of.memory, timeoutMs });
    const isWriting = request.method !== "GET";
    try {
      const {
        status,
        headers: said,
        body,
      } = await askOnce({
        url: `${system.url}${request.path}`,
        method: request.method,
        headers: headers.sent,
        body: headers.body,
        authority: system.authority,
        reach: reachOfOperators,
        timeoutMs,
        bytesMax: ANSWER_BYTES_MAX,
        signal: new AbortController().signal,
      });
      if (status === 401) of.memory.token = null;
      const retryAfter = said["retry-after"] ?? null;
      const answer = { status, retryAfter, body };
      // What answers a webhook may be any text; only our own form is read.
      if (system.kind === "webhook" && status < 300) return looseJson(body);
      return readAnswer(answer, { isWriting, now: world.clock() });
    } catch (cause) {
      if (cause instanceof Unreached) {
        throw new Trouble("again", `${cause.message}.`, { isUnsure: isWriting, isWhole: true });
      }
      throw cause;
    }
  };
}

function looseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}

interface Sent {
  readonly sent: Record<string, string>;
  readonly body: string | null;
}

async function headersFor(
  world: World,
  system: System,
  of: { readonly request: Request; readonly memory: SystemMemory; readonly timeoutMs: number },
): Promise<Sent> {
  const { request } = of;
  const json = { accept: "application/json", "content-type": "application/json" };
  if (system.kind === "webhook") return await signed(world, system, request);
  const body = request.body === null ? null : JSON.stringify(request.body);
  const isOauth = system.kind === "servicenow" && isOauthOf(system);
  const authorization = isOauth
    ? `Bearer ${await tokenOf(world, system, of)}`
    : `Basic ${Buffer.from(await secretOf(world, system)).toString("base64")}`;
  return { sent: { ...json, authorization }, body };
}

function isOauthOf(system: System): boolean {
  return (system.settings as ServicenowSettings).auth === "oauth";
}

async function signed(world: World, system: System, request: Request): Promise<Sent> {
  const key = await readSecretFile(secretPath(world, system.secretFile), {
    failing: `The key of ${system.name}`,
    mustHold: "one line whsec_ and the base64 of 24 to 64 bytes",
    parse: webhookKey,
  });
  const now = world.clock();
  const body = JSON.stringify({ ...(request.body as object), timestamp: instantToText(now) });
  const id = request.id ?? newId(now);
  const sentAt = Math.floor(now / 1000);
  const signature = webhookSignature(key, { id, sentAt, body: Buffer.from(body) });
  const sent = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(sentAt),
    "webhook-signature": signature,
  };
  return { sent, body };
}

export function secretPath(world: World, file: string): string {
  return join(world.paths.state, "secrets", file);
}

/** `user:password`, for Jira `mail:token`, for OAuth `client id:client secret`. */
async function secretOf(world: World, system: System): Promise<string> {
  return await readSecretFile(secretPath(world, system.secretFile), {
    failing: `The account at ${system.name}`,
    mustHold: "one line user:password (Jira: mail:token; OAuth: client id:client secret)",
    parse: (text) => (/^[^:\s]{1,200}:\S{1,2000}\s*$/.test(text) ? text.trim() : null),
  });
}

const tokenSchema = z.looseObject({
  access_token: z.string().min(1).max(8_000),
  expires_in: z.coerce.number().min(0).max(86_400).default(1_800),
});

/** OAuth 2.0 client credentials (RFC 6749 §4.4). */
async function tokenOf(
  world: World,
  system: System,
  of: { readonly memory: SystemMemory; readonly timeoutMs: number },
): Promise<string> {
  const secret = await secretOf(world, system);
  const known = of.memory.token;
  // A changed secret counts at once.
  if (known !== null && known.of === secret && known.until > world.clock()) return known.text;
  const at = secret.indexOf(":");
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: secret.slice(0, at),
    client_secret: secret.slice(at + 1),
  });
  const { status, body } = await askOnce({
    url: `${system.url}/oauth_token.do`,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form.toString(),
    authority: system.authority,
    reach: reachOfOperators,
    timeoutMs: of.timeoutMs,
    bytesMax: ANSWER_BYTES_MAX,
    signal: new AbortController().signal,
  });
  if (status >= 500 || status === 429)
    throw new Trouble("again", `It gave no token (${status}).`, {
      isWhole: true,
    });
  const parsed = tokenSchema.safeParse(looseJson(body));
  if (status !== 200 || !parsed.success) {
    throw new Trouble("denied", `It gave no token (${status}). Check the client id and secret.`);
  }
  const { access_token: text, expires_in: seconds } = parsed.data;
  const until = world.clock() + seconds * 1_000 - TOKEN_EARLY_MS;
  of.memory.token = { text, until, of: secret };
  return text;
}

/** Words for what stood in the way; what is no trouble of a system is a fault of ours. */
export function troubleOf(cause: unknown): Trouble {
  if (cause instanceof Trouble) return cause;
  if (cause instanceof Failure) return new Trouble("denied", cause.message);
  if (cause instanceof Unreached)
    return new Trouble("again", `${cause.message}.`, { isWhole: true });
  throw cause;
}
