import { type IncomingHttpHeaders, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { programVersion } from "../base/program-version.ts";
import type { Reach } from "./address.ts";
import { pinnedTo, type Target, targetsOf, trusted, Unreached } from "./connect.ts";

/** One small question over HTTP, with an answer that is held whole. */
export interface Request {
  readonly url: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
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
  const targets = await targetsOf(url.hostname, request.reach);
  const began = performance.now();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]);
  try {
    const { status, headers, body } = await exchange(url, request, { targets, signal });
    return { status, headers, body, tookMs: performance.now() - began };
  } catch (cause) {
    if (cause instanceof Unreached) throw cause;
    throw new Unreached(whyUnreached(url.host, cause), { cause });
  }
}

function exchange(
  url: URL,
  request: Request,
  {
    targets,
    signal,
  }: { readonly targets: readonly [Target, ...Target[]]; readonly signal: AbortSignal },
): Promise<Omit<Response, "tookMs">> {
  const headers = { "user-agent": `fettle/${programVersion}`, ...request.headers };
  const options = { method: request.method, headers, signal, lookup: pinnedTo(targets) };
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
