import { Agent, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import { getCACertificates } from "node:tls";
import { Failure } from "../base/failure.ts";
import { programVersion } from "../base/program-version.ts";
import { readSecretFile } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";
import { type FetchLimits, hostOf, redirectTarget, STAYS } from "./fetch-rules.ts";

/**
 * The way from this server to publishers: directly or by a proxy, by whose certificates, and where
 * redirects lead. Certificates are always checked; an operator's own authority counts beside the
 * system's, and only for the addresses that the operator wrote.
 */
export interface WayOut {
  readonly hasProxy: boolean;
  send(request: Sending): Promise<IncomingMessage>;
}

/** An authority (PEM) that is believed for some hosts only. */
export interface OwnAuthority {
  readonly pem: string;
  readonly hosts: ReadonlySet<string>;
}

interface Sending {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly silenceMs: number;
  /** Sent by POST; without it the address is asked by GET. */
  readonly body?: Buffer;
}

export async function openWayOut(world: World, own: OwnAuthority | null): Promise<WayOut> {
  const { proxy, noProxy, proxyAuthFile } = world.config.feeds;
  const address = proxy === undefined ? null : await withAuth(proxy, proxyAuthFile);
  const proxyEnv =
    address === null
      ? undefined
      : { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: noProxy ?? "" };
  const plain = new Agent({ proxyEnv });
  const secure = new SecureAgent({ proxyEnv });
  const trusting =
    own === null
      ? secure
      : new SecureAgent({ proxyEnv, ca: [...getCACertificates("default"), own.pem] });
  return {
    hasProxy: proxy !== undefined,
    send: ({ url, headers, signal, silenceMs, body }) =>
      new Promise((resolve, reject) => {
        const method = body === undefined ? "GET" : "POST";
        const options = { method, headers, signal, timeout: silenceMs };
        const agent = own?.hosts.has(hostOf(url)) === true ? trusting : secure;
        const asked = url.startsWith("https:")
          ? requestSecure(url, { ...options, agent })
          : requestPlain(url, { ...options, agent: plain });
        asked.on("response", resolve);
        asked.on("error", reject);
        asked.on("timeout", () => asked.destroy(new Error("silent for too long")));
        asked.end(body);
      }),
  };
}

async function withAuth(proxy: string, file: string | undefined): Promise<string> {
  if (file === undefined) return proxy;
  const [user, password] = await readSecretFile(file, {
    failing: "Who asks the proxy (feeds.proxyAuthFile)",
    mustHold: "one line user:password",
    parse(text) {
      const [, name, secret] = /^([^:\s]+):(\S+)\s*$/.exec(text) ?? [];
      return name === undefined || secret === undefined ? null : ([name, secret] as const);
    },
  });
  const url = new URL(proxy);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
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
