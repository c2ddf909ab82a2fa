import type { IncomingMessage } from "node:http";
import { Failure } from "../base/failure.ts";
import { programVersion } from "../base/program-version.ts";
import type { World } from "../db/world.ts";
import { reachOfAnybody } from "../outbound/address.ts";
import { type OwnAuthority, openWayOut, type WayOut } from "../outbound/way-out.ts";
import { type FetchLimits, hostOf, redirectTarget, STAYS } from "./fetch-rules.ts";

/** Asking publishers: what is sent beside the address, and where redirects lead. */

/** To the Internet and to the networks that the configuration names, as addresses come by the API. */
export async function wayToPublishers(world: World, own: OwnAuthority | null): Promise<WayOut> {
  const reach = reachOfAnybody(world.config.outbound.networks);
  return await openWayOut({ ...world.config.feeds, reach, own });
}

export interface Asking {
  /** What was asked for, before any redirect. */
  readonly asked: string;
  readonly url: string;
  /** What is there already, where only the rest is wanted. */
  readonly part: { readonly bytes: number; readonly validator: string } | null;
  readonly redirects: number;
}

/** What is sent beside the address. */
export interface AskingFor {
  /** Of the last answers, by address. */
  readonly validators?: Readonly<
    Record<string, { readonly etag: string | null; readonly lastModified: string | null }>
  >;
  /** Sent to the hosts that are asked only, never to where they redirect to. */
  readonly secretHeader?: Readonly<Record<string, string>>;
}

/** Asks, and follows redirects as far as they may be followed. */
export async function ask(
  way: { readonly out: WayOut; readonly limits: FetchLimits; readonly signal: AbortSignal },
  request: AskingFor,
  of: Asking,
): Promise<IncomingMessage> {
  const { signal, limits } = way;
  const headers = headersFor(request, of);
  const response = await way.out.send({
    url: of.url,
    headers,
    signal,
    silenceMs: limits.silenceMs,
  });
  if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
  response.resume();
  if (of.redirects >= limits.redirectsMax) return response;
  const target = redirectTarget(of.url, headerOf(response, "location"));
  if (target === null) {
    throw new Failure(
      "unavailable",
      `${hostOf(of.url)} leads to an address that is not encrypted or cannot be read; it was not followed. ${STAYS}`,
    );
  }
  return await ask(way, request, { ...of, url: target, redirects: of.redirects + 1 });
}

function headersFor(request: AskingFor, of: Asking): Record<string, string> {
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

export function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === "string" ? value : null;
}
