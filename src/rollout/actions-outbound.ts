import { lookup } from "node:dns/promises";
import { type IncomingHttpHeaders, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { getCACertificates } from "node:tls";
import { pause } from "../base/pause.ts";
import { programVersion } from "../base/program-version.ts";

/**
 * The one way out for gates: to where metrics are kept, and to what checks ask. A name is resolved
 * once, every address of it is judged, and the connection goes to the address that was judged, so a
 * name that changes its mind in between leads nowhere else. Certificates are always checked.
 */
export interface Reach {
  /** Networks that may be reached, beside nothing else; null: all but those that are never. */
  readonly networks: readonly string[] | null;
  /** This machine itself may be asked: only where an administrator wrote the address. */
  readonly mayAskItself: boolean;
}

export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Why something could not be asked; words for people, without what the other side sent. */
export class Unreached extends Error {}

/** Of this machine: loopback and "this network" (RFC 6890), also within IPv6. */
const itself = blockListOf(["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"]);
/**
 * Never a service of somebody's: link-local addresses, where clouds hand out credentials (RFC 3927,
 * RFC 4291), multicast, and IPv4 behind translation (RFC 6052), which would be judged as IPv6.
 */
const never = blockListOf([
  ...["169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32"],
  ...["64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fd00:ec2::254/128"],
]);

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix = ""] = network.split("/");
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** Why an address may not be asked; null when it may. */
export function refusalOf(address: string, reach: Reach): string | null {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const isNamed = reach.networks !== null && blockListOf(reach.networks).check(address, family);
  if (isNamed) return null;
  if (reach.networks !== null) return `${address} is in no network that the policy names`;
  if (never.check(address, family)) return `${address} is link-local, multicast or translated`;
  const isOwn = itself.check(address, family) && !reach.mayAskItself;
  return isOwn ? `${address} is this machine itself; the policy must name its network` : null;
}

/** The system's resolver may wait much longer for a name server that is away. */
const LOOKUP_MS_MAX = 5_000;

/** The address of a name; throws `Unreached` when there is none, or one of them may not be asked. */
export async function targetOf(name: string, reach: Reach): Promise<Target> {
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  const isFound = new AbortController();
  const found = await Promise.race([
    lookup(bare, { all: true }).catch(() => []),
    pause(LOOKUP_MS_MAX, isFound.signal).then(() => []),
  ]);
  isFound.abort();
  const [first] = found;
  if (first === undefined) throw new Unreached(`${bare} has no address`);
  for (const { address } of found) {
    const refusal = refusalOf(address, reach);
    if (refusal !== null) throw new Unreached(`${bare} was not asked: ${refusal}`);
  }
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}

export interface Request {
  readonly url: string;
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Certificates (PEM) that are believed beside the system's. */
  readonly authority: string | null;
  readonly reach: Reach;
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly tookMs: number;
}

/** One request, no redirect followed; throws `Unreached` when there is no answer in time. */
export async function askOnce(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const target = await targetOf(url.hostname, request.reach);
  const began = performance.now();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]);
  try {
    const { status, headers, body } = await exchange(url, request, { target, signal });
    return { status, headers, body, tookMs: performance.now() - began };
  } catch (cause) {
    if (cause instanceof Unreached) throw cause;
    throw new Unreached(whyUnreached(url.host, cause), { cause });
  }
}

/** Always the address that was judged, whatever the name says by now. */
function pinnedTo({ address, family }: Target): LookupFunction {
  return (_name, options, done) => {
    if (options.all === true) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

/** Whom TLS believes; without an authority of one's own what Node believes, which it reads once. */
export function trusted(authority: string | null): { readonly ca?: string[] } {
  return authority === null ? {} : { ca: [...getCACertificates("default"), authority] };
}

function exchange(
  url: URL,
  request: Request,
  { target, signal }: { readonly target: Target; readonly signal: AbortSignal },
): Promise<Omit<Response, "tookMs">> {
  const headers = { "user-agent": `fettle/${programVersion}`, ...request.headers };
  const options = { method: request.method, headers, signal, lookup: pinnedTo(target) };
  return new Promise((resolve, reject) => {
    const asked =
      url.protocol === "https:"
        ? requestSecure(url, { ...options, agent: false, ...trusted(request.authority) })
        : requestPlain(url, { ...options, agent: false });
    asked.on("error", reject);
    asked.on("response", (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes <= request.bytesMax) parts.push(part);
        else asked.destroy(new Unreached(`${url.host} answered with too much`));
      });
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(parts).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.end(request.body ?? undefined);
  });
}

/** The reason in words; codes of TLS say that the certificate is not believed. */
export function whyUnreached(host: string, cause: unknown): string {
  const { name, code } = cause as { name?: unknown; code?: unknown };
  if (name === "TimeoutError" || name === "AbortError") return `${host} did not answer in time`;
  if (typeof code === "string" && /CERT|SIGNED|TLS_|SSL|ALTNAME|ISSUER/.test(code)) {
    return `the certificate of ${host} is not believed (${code})`;
  }
  return `${host} could not be reached${typeof code === "string" ? ` (${code})` : ""}`;
}
