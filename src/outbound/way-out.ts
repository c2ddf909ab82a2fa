import { Agent, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import { readSecretFile } from "../base/secret-file.ts";
import { literalOf, type Reach, reachOfOperators, refusalOf } from "./address.ts";
import { judgingLookup, NotAsked, trusted } from "./connect.ts";

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

/** How to get out, as the configuration says, and where to. */
export interface WayAsked {
  readonly proxy?: string | undefined;
  readonly noProxy?: string | undefined;
  readonly proxyAuthFile?: string | undefined;
  readonly reach: Reach;
  readonly own: OwnAuthority | null;
}

export async function openWayOut(asked: WayAsked): Promise<WayOut> {
  const { proxy, noProxy, proxyAuthFile, reach, own } = asked;
  const address = proxy === undefined ? null : await withAuth(proxy, proxyAuthFile);
  const proxyEnv =
    address === null
      ? undefined
      : { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: noProxy ?? "" };
  const plain = new Agent({ proxyEnv });
  const secure = new SecureAgent({ proxyEnv });
  const trusting = own === null ? secure : new SecureAgent({ proxyEnv, ...trusted(own.pem) });
  // The proxy stands in the configuration; what lies behind it is judged by the proxy's own rules,
  // but for addresses that are written as such.
  const proxyName = proxy === undefined ? null : new URL(proxy).hostname;
  const lookup = judgingLookup((name) => (name === proxyName ? reachOfOperators : reach));
  return {
    hasProxy: proxy !== undefined,
    send: ({ url, headers, signal, silenceMs, body }) =>
      new Promise((resolve, reject) => {
        const target = new URL(url);
        const literal = literalOf(target.hostname);
        const refusal = literal === null ? null : refusalOf(literal, reach);
        if (refusal !== null) throw new NotAsked(`${target.host} was not asked: ${refusal}`);
        const method = body === undefined ? "GET" : "POST";
        const options = { method, headers, signal, lookup, timeout: silenceMs };
        const agent = own?.hosts.has(target.host) === true ? trusting : secure;
        const asked =
          target.protocol === "https:"
            ? requestSecure(target, { ...options, agent })
            : requestPlain(target, { ...options, agent: plain });
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
