import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import type { Json } from "../base/json.ts";
import { programVersion } from "../base/program-version.ts";
import { readSecretFile } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";
import { headerOf } from "../intel/actions-way-out.ts";
import { hostOf, isDistrust, retryAfterMs } from "../intel/fetch-rules.ts";
import { reachOfOperators } from "../outbound/address.ts";
import { NotAsked } from "../outbound/connect.ts";
import { openWayOut, type WayOut } from "../outbound/way-out.ts";
import type { Handing, Sink, Told } from "./model.ts";
import { logsBody, type Resource } from "./otlp.ts";
import { spansBody } from "./spans.ts";
import { signedWebhook, webhookKey } from "./webhook-message.ts";

/** Handing events to receivers that answer: OpenTelemetry collectors and webhooks. */
type HttpSink = Exclude<Sink, { readonly syslog: string }>;
type OtlpSink = Extract<Sink, { readonly otlp: string }>;
type WebhookSink = Extract<Sink, { readonly webhook: string }>;

const TIMEOUT_MS = 30_000;
const REPLY_BYTES_MAX = 64 * 1024;

/** What the specifications name as worth another try: OTLP/HTTP "Retryable Response Codes". */
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);
/** The receiver understood who asks and will never take this very message. */
const NEVER = new Set([400, 413, 415, 422]);

interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

export async function handToCollector(
  world: World,
  sink: OtlpSink,
  batch: { readonly events: readonly Told[]; readonly began: readonly Told[] },
): Promise<Handing> {
  const of: Resource = { deployment: world.config.deployment, version: programVersion };
  const logs = await postJson(world, sink, {
    url: signalUrl(sink.otlp, "logs"),
    body: logsBody(batch.events, of),
  });
  const taken = judgeReply(logs, { sink, count: batch.events.length, now: world.clock() });
  const spans = spansBody(batch.events, batch.began, of);
  if (taken.kind === "again" || spans === null) return taken;
  const url = signalUrl(sink.otlp, "traces");
  const traced = await postJson(world, sink, { url, body: spans });
  const judged = judgeReply(traced, { sink, count: 0, now: world.clock() });
  return judged.kind === "again" ? judged : taken;
}

/** One request for each event, in order; what is behind the first that is not taken waits. */
export async function handToWebhook(
  world: World,
  sink: WebhookSink,
  event: Told,
): Promise<Handing> {
  const key = await readSecretFile(sink.secretFile, {
    failing: `The key of the webhook ${sink.name} (secretFile)`,
    mustHold: "one line whsec_ and the base64 of 24 to 64 bytes",
    parse: webhookKey,
  });
  const now = world.clock();
  const { headers, body } = signedWebhook(event, key, now);
  const reply = await post(world, sink, { url: sink.webhook, headers, body });
  return judgeReply(reply, { sink, count: 1, now });
}

/** OTLP/HTTP: the signal's path stands behind the base address. */
function signalUrl(base: string, signal: "logs" | "traces"): string {
  return `${base.replace(/\/+$/, "")}/v1/${signal}`;
}

function postJson(
  world: World,
  sink: HttpSink,
  of: { readonly url: string; readonly body: Json },
): Promise<Reply> {
  const headers = { "content-type": "application/json" };
  return post(world, sink, { ...of, headers, body: Buffer.from(JSON.stringify(of.body)) });
}

async function post(
  world: World,
  sink: HttpSink,
  request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer;
  },
): Promise<Reply> {
  const out = await wayTo(world, sink, request.url);
  const own = sink.headerFile === undefined ? {} : await headerFrom(sink.headerFile, sink.name);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = {
    ...{ "user-agent": `fettle/${programVersion}`, accept: "application/json", ...own },
    ...{ ...request.headers, "content-length": String(request.body.length) },
  };
  const sending = { url: request.url, headers, body: request.body, signal, silenceMs: TIMEOUT_MS };
  try {
    const response = await out.send(sending);
    const { statusCode: status = 0 } = response;
    return { status, retryAfter: headerOf(response, "retry-after"), text: await textOf(response) };
  } catch (cause) {
    throw unreached(cause, hostOf(request.url));
  }
}

function unreached(cause: unknown, host: string): Failure {
  if (cause instanceof NotAsked) {
    return new Failure("unavailable", `${cause.message}.`, { cause });
  }
  const { code } = cause as { code?: unknown };
  const why = isDistrust(code)
    ? `The certificate of ${host} is not trusted (${String(code)}). For an authority of your own name its certificate: caFile.`
    : `${host} could not be reached in time${typeof code === "string" ? ` (${code})` : ""}. Check the address and the way there (proxy, firewall, name service).`;
  return new Failure("unavailable", why, { cause });
}

async function wayTo(world: World, sink: HttpSink, url: string): Promise<WayOut> {
  const { caFile } = sink;
  const own =
    caFile === undefined
      ? null
      : { pem: await readFile(caFile, "utf8"), hosts: new Set([hostOf(url)]) };
  return await openWayOut({ ...world.config.feeds, reach: reachOfOperators, own });
}

async function headerFrom(file: string, name: string): Promise<Record<string, string>> {
  return await readSecretFile(file, {
    failing: `The header for ${name} (headerFile)`,
    mustHold: "one line Name: value",
    parse(text) {
      const [, header, value] =
        /^([A-Za-z0-9-]+): *([\x21-\x7e][\x20-\x7e]*?)\s*$/.exec(text) ?? [];
      return header === undefined || value === undefined ? null : { [header.toLowerCase()]: value };
    },
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > REPLY_BYTES_MAX) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** ExportLogsServiceResponse: what was rejected of a request that was taken. */
const partialSchema = z.looseObject({
  partialSuccess: z
    .looseObject({
      rejectedLogRecords: z.coerce.number().int().min(0).default(0),
      errorMessage: z.string().default(""),
    })
    .optional(),
});

function judgeReply(
  reply: Reply,
  of: { readonly sink: HttpSink; readonly count: number; readonly now: number },
): Handing {
  const { status } = reply;
  if (status >= 200 && status < 300) return { kind: "taken", ...rejectedOf(reply.text) };
  if (NEVER.has(status)) {
    const why = `The receiver refused ${counted(of.count, "event")} for good (${status}).`;
    return { kind: "taken", refused: of.count, why };
  }
  const waitMs = AGAIN.has(status) ? retryAfterMs(reply.retryAfter, of.now) : null;
  const hint = AGAIN.has(status) ? "" : " Check its address and the header or key it wants.";
  return { kind: "again", problem: `The receiver answered ${status}.${hint}`, waitMs };
}

function rejectedOf(text: string): { readonly refused: number; readonly why: string | null } {
  try {
    const partial = partialSchema.parse(JSON.parse(text)).partialSuccess;
    if (partial === undefined || partial.rejectedLogRecords === 0) return { refused: 0, why: null };
    const why = `The receiver rejected ${counted(partial.rejectedLogRecords, "event")}: ${partial.errorMessage.slice(0, 200)}`;
    return { refused: partial.rejectedLogRecords, why };
  } catch {
    // Webhooks may answer anything; only collectors say more.
    return { refused: 0, why: null };
  }
}
