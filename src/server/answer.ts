import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sha256 } from "../base/digest.ts";
import { assert, Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import type { RequestFacts } from "../base/request-facts.ts";
import type { World } from "../db/world.ts";
import { signInSaid } from "../identity/sign-in-said.ts";
import { loadLastProof, SESSION_DIGITS } from "../identity/store-sign-in-said.ts";
import { comingFrom, type Origin } from "../ledger/origin.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { sealAbout } from "../ledger/store-seal.ts";
import { csvFileName, csvOf, isCsvAsked } from "./csv-answer.ts";
import { type Admission, isStillAdmitted } from "./gate.ts";
import { parseInput } from "./problem.ts";
import { claimKey, type IdempotencyKey, type KeptAnswer, keepAnswer, releaseKey } from "./store.ts";
import { textFaultIn } from "./text-fault.ts";

/** Longer than any query may take (two minutes), so that the database's own limit speaks first. */
const HANDLER_MS_MAX = 150_000;
/** Rights taken away end a stream within this time (the aim is five seconds). */
const STREAM_LOOK_MS = 4_000;

export interface Served {
  readonly world: World;
  readonly route: ServedRoute;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly admission: Admission;
  /** Controllers of all requests under way, so that closing can end streams. */
  readonly open: Set<AbortController>;
  readonly checkReplies: boolean;
}

/** Validates, runs the handler, and sends what it returned. */
export async function answer(served: Served): Promise<FastifyReply> {
  const { route, request, reply } = served;
  const input = {
    params: parsePart(route.params, request.params, "params"),
    query: parsePart(route.query, request.query, "query"),
    body:
      route.isBodyStreamed === true
        ? (streamedBody(route, request.body) as never)
        : parsePart(route.body, request.body, "body"),
  };
  const key = idempotencyKey(served);
  const kept = key === null ? null : await claimKey(served.world.db, key);
  if (key !== null && kept !== null) return repeat(reply, key, kept);
  const facts = new Facts(served);
  const isCsv = isCsvAsked(route, input.query, request.headers.accept);
  let result: unknown;
  try {
    const work = comingFrom(originOf(served, facts), async () =>
      (isCsv ? csvOf : handled)(route, contextOf(served, facts), input),
    );
    result = await withinTime(work, route.handlerMsMax ?? HANDLER_MS_MAX);
  } catch (cause) {
    if (key !== null && isUndone(cause)) await releaseKey(served.world.db, key);
    throw cause;
  }
  const status = route.reply === null ? 204 : (route.status ?? 200);
  reply.code(status);
  if (facts.isSecret) reply.header("cache-control", "no-store");
  if (route.csv !== undefined) reply.header("vary", "accept");
  if (isStream(result)) return stream(served, facts, result);
  const body = bodyOf(served, result);
  if (key !== null) {
    await keepAnswer(served.world.db, key, { status, body: facts.isSecret ? null : body });
  }
  return reply.send(body ?? undefined);
}

async function handled(
  route: ServedRoute,
  context: Parameters<ServedRoute["handle"]>[0],
  input: Parameters<ServedRoute["handle"]>[1],
): Promise<unknown> {
  return await route.handle(context, input);
}

/**
 * A refusal did nothing, so its key may be used again. After anything else (time was up while the work
 * went on, the connection broke in the commit) nobody knows, and the key stays taken.
 */
function isUndone(cause: unknown): boolean {
  return cause instanceof Failure && !(cause instanceof TimeUp) && cause.code !== "internal";
}

class TimeUp extends Failure {
  constructor() {
    super(
      "unavailable",
      "The server took too long to answer and may still be at it. Look whether it took effect before you try again.",
    );
  }
}

/** The bytes of a body as they come, and no more of them than the route takes. */
async function* streamedBody(route: ServedRoute, body: unknown): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Readable)) throw new Failure("invalid", "This route takes a file.");
  let left = route.bodyBytesMax ?? 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    left -= chunk.length;
    if (left < 0) {
      throw new Failure("too-large", `A file has at most ${route.bodyBytesMax} bytes here.`);
    }
    yield chunk;
  }
}

function parsePart(schema: ServedRoute["body"], value: unknown, part: string): never {
  const fault = textFaultIn(value);
  if (fault !== null) throw new Failure("invalid", `The ${part} of the request holds ${fault}.`);
  if (schema !== undefined) return parseInput(schema, value ?? undefined, part);
  const isEmpty =
    value === undefined || value === null || (typeof value === "object" && isBare(value));
  if (isEmpty) return undefined as never;
  throw new Failure("invalid", `This route takes no ${part}.`);
}

function isBare(value: object): boolean {
  return Object.keys(value).length === 0;
}

function contextOf(served: Served, request: RequestFacts) {
  return {
    world: served.world,
    actor: served.admission.actor,
    requestId: served.request.id,
    request,
  };
}

/** What every event that the handler records says of where it came from. */
function originOf(served: Served, request: RequestFacts): Origin {
  const { world, admission } = served;
  return {
    request: served.request.id,
    via: admission.actor.via,
    session: admission.credentialHash?.slice(0, SESSION_DIGITS) ?? null,
    address: request.address,
    signIn: signInOf(served),
    seal: (tx, subject, text) => sealAbout(world, tx, { subject, text }),
  };
}

/** How strongly the person of this request is signed in; asked of the log once, and only by an event. */
function signInOf({ admission }: Served): Origin["signIn"] {
  const { actor, credentialHash, standing } = admission;
  let said: JsonObject | null = null;
  return async (tx) => {
    if (credentialHash === null || standing === null) return null;
    if (said !== null) return said;
    const { subject } = actor;
    const last =
      standing.via === "token" ? null : await loadLastProof(tx, { subject, credentialHash });
    said = signInSaid(standing, last);
    return said;
  };
}

/** Browsers name themselves within half of it. */
const PROGRAM_CHARACTERS_MAX = 400;

class Facts implements RequestFacts {
  readonly address: string;
  readonly program: string;
  readonly origin: string | null;
  readonly ifMatch: string | null;
  readonly lastEventId: string | null;
  readonly credentialHash: string | null;
  readonly signal: AbortSignal;
  readonly controller = new AbortController();
  isSecret = false;
  readonly #served: Served;

  constructor(served: Served) {
    const { request, reply, open } = served;
    this.#served = served;
    this.address = request.ip;
    this.program = (request.headers["user-agent"] ?? "").slice(0, PROGRAM_CHARACTERS_MAX);
    this.origin = request.headers.origin ?? null;
    this.ifMatch = request.headers["if-match"] ?? null;
    const last = request.headers["last-event-id"];
    this.lastEventId = typeof last === "string" && last !== "" ? last : null;
    this.credentialHash = served.admission.credentialHash;
    this.signal = this.controller.signal;
    open.add(this.controller);
    reply.raw.once("close", () => {
      open.delete(this.controller);
      this.controller.abort();
    });
  }

  setHeader(name: string, value: string): void {
    this.#served.reply.header(name, value);
  }

  markSecret(): void {
    this.isSecret = true;
  }
}

async function withinTime<T>(work: Promise<T>, handlerMsMax: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeUp()), handlerMsMax);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes to send, or null for none. */
function bodyOf(served: Served, result: unknown): string | null {
  const { route, reply } = served;
  if (route.reply === null) return null;
  if ("contentType" in route.reply) {
    assert(typeof result === "string", `${route.path} must return text or a stream`);
    reply.header("content-type", route.reply.contentType);
    return result;
  }
  if (served.checkReplies) {
    const checked = route.reply.safeParse(result);
    assert(checked.success, `${route.method} ${route.path} replies against its schema`);
  }
  reply.header("content-type", "application/json; charset=utf-8");
  return JSON.stringify(result);
}

function isStream(result: unknown): result is AsyncIterable<string | Uint8Array> {
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result;
}

/** Sends chunks as they come, and stops when the caller goes, loses the right, or we close. */
function stream(
  served: Served,
  facts: Facts,
  chunks: AsyncIterable<string | Uint8Array>,
): FastifyReply {
  const { admission, route, request, reply, world } = served;
  const contentType = streamedType(served);
  const readable = Readable.from(chunks, { objectMode: false });
  const look = setInterval(() => {
    isStillAdmitted(world, request, { declared: route, admission }).then(
      (isAdmitted) => {
        if (!isAdmitted) facts.controller.abort();
      },
      (cause: unknown) => {
        world.log.warn({ err: cause, requestId: request.id }, "a stream could not be re-checked");
        facts.controller.abort();
      },
    );
  }, STREAM_LOOK_MS);
  facts.signal.addEventListener("abort", () => readable.destroy());
  readable.on("close", () => clearInterval(look));
  readable.on("error", (cause) => {
    world.log.warn({ err: cause, requestId: request.id }, "a stream broke off");
  });
  return reply.header("content-type", contentType).send(readable);
}

/** Only typed content is streamed, and lists as files. */
function streamedType({ route, reply, world }: Served): string {
  if (route.reply !== null && "contentType" in route.reply) return route.reply.contentType;
  assert(route.csv !== undefined, "only typed content is streamed");
  const day = instantToText(world.clock()).slice(0, "2026-11-23".length);
  const file = csvFileName(route.csv.name, day);
  reply.header("content-disposition", `attachment; filename="${file}"`);
  return "text/csv; charset=utf-8; header=present";
}

const KEY = /^[\x21-\x7e]{1,128}$/;

/** Draft-ietf-httpapi-idempotency-key-header: only POST, only for somebody we know. */
function idempotencyKey(served: Served): IdempotencyKey | null {
  const { request, admission } = served;
  const key = request.headers["idempotency-key"];
  if (request.method !== "POST" || key === undefined) return null;
  if (admission.credentialHash === null) return null;
  if (served.route.isBodyStreamed === true) {
    throw new Failure("invalid", "A file that is sent here cannot have an Idempotency-Key.");
  }
  if (typeof key !== "string" || !KEY.test(key)) {
    throw new Failure("invalid", "Idempotency-Key is not 1 to 128 printable characters.");
  }
  return { subject: admission.actor.subject, key, request: requestDigest(request) };
}

function requestDigest(request: FastifyRequest): string {
  const { body, method, url } = request;
  const bytes = body instanceof Uint8Array ? body : JSON.stringify(body ?? null);
  return sha256(`${method} ${url} ${sha256(bytes)}`);
}

function repeat(reply: FastifyReply, key: IdempotencyKey, kept: KeptAnswer): FastifyReply {
  if (kept.request !== key.request) {
    throw new Failure(
      "conflict",
      "This Idempotency-Key was used for another request. Take a new one.",
    );
  }
  if (kept.status === null) {
    throw new Failure(
      "conflict",
      "A request with this Idempotency-Key is at work, or was cut off. Look whether it took effect, then use a new key.",
    );
  }
  if (kept.body === null && kept.status !== 204) {
    throw new Failure(
      "conflict",
      "This was done already, and its answer held a secret that is shown only once.",
    );
  }
  if (kept.body !== null) reply.header("content-type", "application/json; charset=utf-8");
  return reply
    .code(kept.status)
    .header("idempotency-replayed", "true")
    .send(kept.body ?? undefined);
}
