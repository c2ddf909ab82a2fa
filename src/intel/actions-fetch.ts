import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { pause } from "../base/pause.ts";
import { programVersion } from "../base/program-version.ts";
import type { World } from "../db/world.ts";
import {
  backoffMs,
  type FetchLimits,
  fetchLimits,
  isPage,
  judgeStatus,
  redirectTarget,
  restTotal,
  retryAfterMs,
} from "./fetch-rules.ts";

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
  readonly bytesMax?: number;
  /** What the publisher says the file is. */
  readonly digest?: { readonly algorithm: "sha256" | "sha512"; readonly hex: string };
  /** Least time between two requests to the same host. */
  readonly gapMs?: number;
  /** Answers that mean "too often" here, beside those that always do. */
  readonly busyOn?: readonly number[];
}

export type Validators = Readonly<
  Record<string, { readonly etag: string | null; readonly lastModified: string | null }>
>;

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
}

interface Way {
  readonly world: World;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly chance: () => number;
  readonly agents: { readonly plain: Agent; readonly secure: SecureAgent };
  /** When the next request to a host may begin. */
  readonly nextAt: Map<string, number>;
}

export function openFetcher(world: World, options: FetcherOptions = {}): Fetcher {
  const limits = options.limits ?? fetchLimits;
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const { proxy, noProxy } = world.config.feeds;
  const proxyEnv =
    proxy === undefined
      ? undefined
      : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: noProxy ?? "" };
  const way: Way = {
    world,
    limits,
    signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    wait: options.wait ?? pause,
    chance: options.chance ?? Math.random,
    agents: { plain: new Agent({ proxyEnv }), secure: new SecureAgent({ proxyEnv }) },
    nextAt: new Map(),
  };
  return { fetch: (request) => fetchFromAny(way, request) };
}

/** One address after the other; what the first of them said is what people are told. */
async function fetchFromAny(way: Way, request: FetchRequest): Promise<Fetched> {
  let first: Failure | null = null;
  for (const url of request.urls) {
    try {
      return await fetchFrom(way, request, url);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      first ??= cause;
      way.world.log.warn({ err: cause, url }, "a feed could not be had from this address");
      if (way.signal.aborted) break;
    }
  }
  throw first ?? new Failure("invalid", "The source has no address; give one with --from.");
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

const partSchema = z.object({
  url: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
});

async function tryOnce(way: Way, request: FetchRequest, url: string): Promise<Tried> {
  await mkdir(dirname(request.into), { recursive: true, mode: 0o700 });
  await takeTurn(way, url, request.gapMs ?? 0);
  const part = await partOf(request.into, url);
  let response: IncomingMessage;
  try {
    response = await ask(way, request, { asked: url, url, part, redirects: 0 });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    return again(cause, `${hostOf(url)} could not be reached in time; ${CHECK_WAY} ${STAYS}`);
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
    return { kind: "not-modified", url };
  }
  if (verdict.kind === "take" || verdict.kind === "take-rest") {
    return await takeBody(way, request, { url, response, from: part?.bytes ?? 0 });
  }
  response.resume();
  if (response.statusCode === 416) await dropPart(request.into);
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

const CHECK_WAY =
  "check the server's way out (proxy, firewall, name service), or load the feed from a file.";
/** What a feed that could not be had means for whoever reads of it. */
const STAYS = "What was loaded last stays in use, and the publisher is asked again.";

/** Hosts are asked one request after the other, as far apart as they want it. */
async function takeTurn(way: Way, url: string, gapMs: number): Promise<void> {
  const host = hostOf(url);
  const now = way.world.clock();
  const at = Math.max(now, way.nextAt.get(host) ?? 0);
  way.nextAt.set(host, at + gapMs);
  if (at > now) await way.wait(at - now, way.signal);
}

interface Part {
  readonly bytes: number;
  readonly validator: string;
}

/** What is left of a transfer that broke off, if the same address can be asked for its rest. */
async function partOf(into: string, url: string): Promise<Part | null> {
  try {
    const text = await readFile(`${into}.part.json`, "utf8");
    const known = partSchema.safeParse(JSON.parse(text));
    const { size } = await stat(`${into}.part`);
    if (!known.success || known.data.url !== url || size === 0) return null;
    const { etag, lastModified } = known.data;
    // RFC 9110 §13.1.5: a weak validator does not prove that the bytes are the same.
    const validator = etag !== null && !etag.startsWith("W/") ? etag : lastModified;
    return validator === null ? null : { bytes: size, validator };
  } catch {
    // Nothing was begun, or it cannot be read: all of it is asked for.
    return null;
  }
}

async function dropPart(into: string): Promise<void> {
  await rm(`${into}.part`, { force: true });
  await rm(`${into}.part.json`, { force: true });
}

interface Asking {
  /** What was asked for, before any redirect. */
  readonly asked: string;
  readonly url: string;
  readonly part: Part | null;
  readonly redirects: number;
}

async function ask(way: Way, request: FetchRequest, of: Asking): Promise<IncomingMessage> {
  const response = await send(way, request, of);
  if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
  response.resume();
  if (of.redirects >= way.limits.redirectsMax) return response;
  const target = redirectTarget(of.url, headerOf(response, "location"));
  if (target === null) {
    throw new Failure(
      "unavailable",
      `${hostOf(of.url)} leads to an address that is not encrypted or cannot be read; it was not followed. ${STAYS}`,
    );
  }
  return await ask(way, request, { ...of, url: target, redirects: of.redirects + 1 });
}

function send(way: Way, request: FetchRequest, of: Asking): Promise<IncomingMessage> {
  const isSecure = of.url.startsWith("https:");
  const options = {
    headers: headersFor(request, of),
    signal: way.signal,
    timeout: way.limits.silenceMs,
  };
  return new Promise((resolve, reject) => {
    const asked = isSecure
      ? requestSecure(of.url, { ...options, agent: way.agents.secure })
      : requestPlain(of.url, { ...options, agent: way.agents.plain });
    asked.on("response", resolve);
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error("silent for too long")));
    asked.end();
  });
}

function headersFor(request: FetchRequest, of: Asking): Record<string, string> {
  const known = request.validators?.[of.asked];
  const conditions =
    known === undefined
      ? {}
      : {
          ...(known.etag === null ? {} : { "if-none-match": known.etag }),
          ...(known.lastModified === null ? {} : { "if-modified-since": known.lastModified }),
        };
  const rest =
    of.part === null ? {} : { range: `bytes=${of.part.bytes}-`, "if-range": of.part.validator };
  return {
    "user-agent": `fettle/${programVersion}`,
    accept: "*/*",
    // The digest a publisher gives is of the plain file; a rest has no sense in another packing.
    "accept-encoding": "identity",
    ...(of.part === null ? conditions : rest),
    ...(hostOf(of.url) === hostOf(of.asked) ? request.secretHeader : {}),
  };
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
  if (!isRest) await writeFile(`${request.into}.part`, "");
  await writeFile(`${request.into}.part.json`, JSON.stringify({ url, ...validators }));
  const bytesMax = request.bytesMax ?? way.limits.bytesMax;
  try {
    await writeDown(response, `${request.into}.part`, {
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

/** Piece by piece, so that all that came before a break is there to go on from. */
async function writeDown(
  response: IncomingMessage,
  path: string,
  limit: { readonly bytesMax: number; readonly tooMuch: () => Failure },
): Promise<void> {
  const file = await open(path, "a", 0o600);
  let left = limit.bytesMax;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      left -= chunk.length;
      if (left < 0) throw limit.tooMuch();
      await file.write(chunk);
    }
  } finally {
    response.destroy();
    await file.close();
  }
  if (!response.complete) throw new Error("the answer ended before its end");
}

async function finish(
  request: FetchRequest,
  url: string,
  validators: { readonly etag: string | null; readonly lastModified: string | null },
): Promise<Tried> {
  const { into } = request;
  const sha256 = await digestOf(`${into}.part`, "sha256");
  if (request.digest !== undefined) {
    const { algorithm, hex } = request.digest;
    const own = algorithm === "sha256" ? sha256 : await digestOf(`${into}.part`, algorithm);
    if (own !== hex.toLowerCase()) {
      await dropPart(into);
      return again(
        null,
        `What ${hostOf(url)} sent for ${withoutQuery(url)} does not have the digest that its publisher gives (${algorithm}). ${STAYS}`,
      );
    }
  }
  const { size } = await stat(`${into}.part`);
  await rename(`${into}.part`, into);
  await dropPart(into);
  return { kind: "file", path: into, url, bytes: size, sha256: sha256 as Digest, ...validators };
}

async function digestOf(path: string, algorithm: "sha256" | "sha512"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === "string" ? value : null;
}

function hostOf(url: string): string {
  return new URL(url).host;
}

/** Addresses may carry pages and times in their query, which say nothing to people. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, "");
}
