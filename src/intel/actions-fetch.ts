import { mkdir } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname } from "node:path";
import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { pause } from "../base/pause.ts";
import type { World } from "../db/world.ts";
import { NotAsked } from "../outbound/connect.ts";
import type { OwnAuthority, WayOut } from "../outbound/way-out.ts";
import { ask, headerOf, wayToPublishers } from "./actions-way-out.ts";
import {
  backoffMs,
  type FetchLimits,
  fetchLimits,
  hostOf,
  isPage,
  judgeStatus,
  restTotal,
  retryAfterMs,
  STAYS,
  wantsProxyAuth,
  whyUnreached,
  withoutQuery,
} from "./fetch-rules.ts";
import {
  beginPart,
  completePart,
  digestOfPart,
  dropPart,
  keepWhole,
  partOf,
  type Validator,
  wholeOf,
  writeDown,
} from "./store-part.ts";

/**
 * Brings one file of a publisher into a folder of ours, as a stream: only what changed, the rest of
 * what broke off, mirrors in their order, patience as the publisher asks for it, and never more than
 * the limits. Whatever is not whole and of the right digest is no answer.
 */
export interface FetchRequest {
  readonly urls: readonly string[];
  /** Of the last answers, by address. */
  readonly validators?: Validators;
  /** Sent to the hosts of `urls` only, never to where they redirect to. */
  readonly secretHeader?: Readonly<Record<string, string>>;
  readonly into: string;
  /** It takes long to load: who goes on after a kill asks only whether it is still the same. */
  readonly isKept?: true;
  readonly bytesMax?: number;
  /** What the publisher says the file is. */
  readonly digest?: { readonly algorithm: "sha256" | "sha512"; readonly hex: string };
  /** Least time between two requests to the same host. */
  readonly gapMs?: number;
  /** Answers that mean "too often" here, beside those that always do. */
  readonly busyOn?: readonly number[];
}

export type Validators = Readonly<Record<string, Validator>>;

export type Fetched =
  | { readonly kind: "not-modified"; readonly url: string }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly url: string;
      readonly bytes: number;
      readonly sha256: Digest;
      readonly etag: string | null;
      readonly lastModified: string | null;
    };

export interface Fetcher {
  fetch(request: FetchRequest): Promise<Fetched>;
}

/** Time and chance of a fetcher; tests bring their own. */
export interface FetcherOptions {
  readonly limits?: FetchLimits;
  readonly signal?: AbortSignal | undefined;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly chance?: () => number;
  readonly authority?: OwnAuthority | null;
}

interface Way {
  readonly world: World;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly chance: () => number;
  readonly out: WayOut;
  /** When the next request to a host may begin. */
  readonly nextAt: Map<string, number>;
  readonly silentHosts: Set<string>;
}

export async function openFetcher(world: World, options: FetcherOptions = {}): Promise<Fetcher> {
  const limits = options.limits ?? fetchLimits;
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const way: Way = {
    world,
    limits,
    signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    wait: options.wait ?? pause,
    chance: options.chance ?? Math.random,
    out: await wayToPublishers(world, options.authority ?? null),
    nextAt: new Map(),
    silentHosts: new Set(),
  };
  return { fetch: (request) => fetchFromAny(way, request) };
}

/**
 * One address after the other; what the first of them said is what people are told. A host that gave
 * no answer is asked last from then on: a source of thousands of pieces must not wait for it each time.
 */
async function fetchFromAny(way: Way, request: FetchRequest): Promise<Fetched> {
  let first: Failure | null = null;
  let status: unknown;
  for (const url of request.urls.toSorted((a, b) => silence(way, a) - silence(way, b))) {
    try {
      return await fetchFrom(way, request, url);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      first ??= cause;
      status ??= cause.facts["status"];
      if (cause.facts["status"] === undefined) way.silentHosts.add(hostOf(url));
      way.world.log.warn({ err: cause, url }, "a feed could not be had from this address");
      if (way.signal.aborted) break;
    }
  }
  if (first === null) {
    throw new Failure("invalid", "The source has no address; give one with --from.");
  }
  throw new Failure(first.code, first.message, {
    cause: first,
    facts: { ...first.facts, ...(status === undefined ? {} : { status }) },
  });
}

function silence(way: Way, url: string): number {
  return way.silentHosts.has(hostOf(url)) ? 1 : 0;
}

async function fetchFrom(way: Way, request: FetchRequest, url: string): Promise<Fetched> {
  let last: Failure | null = null;
  for (let attempt = 0; attempt < way.limits.attemptsMax; attempt++) {
    const answer = await tryOnce(way, request, url);
    if (answer.kind !== "again") return answer;
    last = answer.failure;
    const waitMs = answer.waitMs ?? backoffMs(attempt, way.chance());
    const isLast = attempt + 1 >= way.limits.attemptsMax || way.signal.aborted;
    if (isLast || waitMs > way.limits.waitMsMax) {
      throw new Failure("unavailable", last.message, {
        cause: last,
        facts: answer.waitMs === null ? {} : { retryAfterMs: answer.waitMs },
      });
    }
    await way.wait(waitMs, way.signal);
  }
  throw last ?? new Failure("unavailable", `${hostOf(url)} was not asked.`);
}

type Tried =
  | Fetched
  | { readonly kind: "again"; readonly failure: Failure; readonly waitMs: number | null };

async function tryOnce(way: Way, asked: FetchRequest, url: string): Promise<Tried> {
  await mkdir(dirname(asked.into), { recursive: true, mode: 0o700 });
  await takeTurn(way, url, asked.gapMs ?? 0);
  const kept = asked.isKept === true ? await wholeOf(asked.into, url) : null;
  const request = kept === null ? asked : { ...asked, validators: { [url]: kept } };
  const part = await partOf(request.into, url);
  let response: IncomingMessage;
  try {
    response = await ask(way, request, { asked: url, url, part, redirects: 0 });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    if (cause instanceof NotAsked) {
      throw new Failure("unavailable", `${cause.message}. ${STAYS}`, { cause });
    }
    const { hasProxy } = way.out;
    return again(cause, whyUnreached(cause, { host: hostOf(url), hasProxy }));
  }
  const retryAfter = headerOf(response, "retry-after");
  const verdict = judgeStatus({
    status: response.statusCode ?? 0,
    wasRange: part !== null,
    wasConditional: request.validators?.[url] !== undefined,
    isBusy: retryAfter !== null || request.busyOn?.includes(response.statusCode ?? 0) === true,
  });
  if (verdict.kind === "not-modified") {
    response.resume();
    return kept === null ? { kind: "not-modified", url } : { kind: "file", url, ...kept };
  }
  if (verdict.kind === "take" || verdict.kind === "take-rest") {
    return await takeBody(way, request, { url, response, from: part?.bytes ?? 0 });
  }
  response.resume();
  if (response.statusCode === 416) await dropPart(request.into);
  if (response.statusCode === 407) throw new Failure("unavailable", wantsProxyAuth(hostOf(url)));
  const why = verdict.kind === "follow" ? "led elsewhere too often" : verdict.why;
  const message = `${hostOf(url)} ${why} for ${withoutQuery(url)}. ${STAYS}`;
  if (verdict.kind === "again") {
    return again(null, message, retryAfterMs(retryAfter, way.world.clock()));
  }
  throw new Failure("unavailable", message, { facts: { status: response.statusCode } });
}

function again(cause: unknown, message: string, waitMs: number | null = null): Tried {
  return { kind: "again", failure: new Failure("unavailable", message, { cause }), waitMs };
}

/** Hosts are asked one request after the other, as far apart as they want it. */
async function takeTurn(way: Way, url: string, gapMs: number): Promise<void> {
  const host = hostOf(url);
  const now = way.world.clock();
  const at = Math.max(now, way.nextAt.get(host) ?? 0);
  way.nextAt.set(host, at + gapMs);
  if (at > now) await way.wait(at - now, way.signal);
}

interface Coming {
  readonly url: string;
  readonly response: IncomingMessage;
  /** Bytes that are there already, if the answer is the rest of them. */
  readonly from: number;
}

async function takeBody(way: Way, request: FetchRequest, coming: Coming): Promise<Tried> {
  const { url, response } = coming;
  const isRest = response.statusCode === 206;
  if (isPage(headerOf(response, "content-type"))) {
    response.destroy();
    throw new Failure(
      "unavailable",
      `${hostOf(url)} sent a web page where the feed should be (${withoutQuery(url)}): perhaps a proxy or a sign-in. ${STAYS}`,
    );
  }
  if (isRest && restTotal(headerOf(response, "content-range"), coming.from) === null) {
    response.destroy();
    await dropPart(request.into);
    return again(null, `${hostOf(url)} sent another part than was asked for. ${STAYS}`);
  }
  const validators = {
    etag: headerOf(response, "etag"),
    lastModified: headerOf(response, "last-modified"),
  };
  const from = isRest ? coming.from : 0;
  await beginPart(request.into, { url, isRest, ...validators });
  const bytesMax = request.bytesMax ?? way.limits.bytesMax;
  try {
    await writeDown(whole(response), request.into, {
      bytesMax: bytesMax - from,
      tooMuch: () => tooMuch(url, bytesMax),
    });
  } catch (cause) {
    if (!(cause instanceof Failure)) {
      return again(cause, `The answer of ${hostOf(url)} broke off. ${STAYS}`);
    }
    await dropPart(request.into);
    throw cause;
  }
  return await finish(request, url, validators);
}

function tooMuch(url: string, bytesMax: number): Failure {
  return new Failure(
    "too-large",
    `${hostOf(url)} sent too much (more than ${bytesMax} bytes). ${STAYS}`,
  );
}

/** The body; one that ends before its end fails. */
async function* whole(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } finally {
    response.destroy();
  }
  if (!response.complete) throw new Error("the answer ended before its end");
}

async function finish(request: FetchRequest, url: string, validators: Validator): Promise<Tried> {
  const { into } = request;
  const sha256 = await digestOfPart(into, "sha256");
  if (request.digest !== undefined) {
    const { algorithm, hex } = request.digest;
    const own = algorithm === "sha256" ? sha256 : await digestOfPart(into, algorithm);
    if (own !== hex.toLowerCase()) {
      await dropPart(into);
      return again(
        null,
        `What ${hostOf(url)} sent for ${withoutQuery(url)} does not have the digest that its publisher gives (${algorithm}). ${STAYS}`,
      );
    }
  }
  const file = { ...(await completePart(into, sha256)), ...validators };
  if (request.isKept === true) await keepWhole(file, url);
  return { kind: "file", url, ...file };
}
