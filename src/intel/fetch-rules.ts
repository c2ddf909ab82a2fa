import type { Instant } from "../base/instant.ts";

/** How publishers are asked: what an answer means, when to ask again, whom to follow. Pure. */
export interface FetchLimits {
  /** All of one source, however many requests and mirrors. */
  readonly timeoutMs: number;
  /** Without a single byte. */
  readonly silenceMs: number;
  readonly bytesMax: number;
  /** Tries at one address before the next mirror. */
  readonly attemptsMax: number;
  readonly redirectsMax: number;
  /** A publisher that asks for more patience than this is asked at a later time, not waited for. */
  readonly waitMsMax: number;
}

export const fetchLimits: FetchLimits = {
  // All CVE records are some hundreds of megabytes; a slow line still gets there.
  timeoutMs: 30 * 60_000,
  silenceMs: 60_000,
  bytesMax: 2 * 1024 ** 3,
  attemptsMax: 4,
  redirectsMax: 5,
  waitMsMax: 2 * 60_000,
};

export type Verdict =
  | { readonly kind: "take" }
  | { readonly kind: "take-rest" }
  | { readonly kind: "not-modified" }
  | { readonly kind: "follow" }
  /** Worth asking the same address again. */
  | { readonly kind: "again"; readonly why: string }
  | { readonly kind: "give-up"; readonly why: string };

/** RFC 9110 §15. */
export function judgeStatus(of: {
  readonly status: number;
  readonly wasRange: boolean;
  readonly wasConditional: boolean;
  /** True when a refusal says how long to wait, or is known to mean "too often" at this publisher. */
  readonly isBusy: boolean;
}): Verdict {
  const { status } = of;
  if (status === 206 && of.wasRange) return { kind: "take-rest" };
  if (status === 200) return { kind: "take" };
  if (status === 304 && of.wasConditional) return { kind: "not-modified" };
  if ([301, 302, 303, 307, 308].includes(status)) return { kind: "follow" };
  const why = `answered ${status}`;
  const isBusy = status === 429 || status === 503 || (status === 403 && of.isBusy);
  if (isBusy || [408, 500, 502, 504].includes(status)) return { kind: "again", why };
  // The rest that was kept is of something that is gone: begin anew.
  if (status === 416 && of.wasRange) return { kind: "again", why };
  return { kind: "give-up", why };
}

/** RFC 9110 §10.2.3: seconds, or a date; null when it says nothing that can be read. */
export function retryAfterMs(header: string | null, now: Instant): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Doubling, with a share of chance so that many servers do not ask at the same moment. */
export function backoffMs(attempt: number, chance: number): number {
  const full = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** attempt);
  return Math.round(full / 2 + (full / 2) * chance);
}

/** Where a redirect may lead; null when it must not be followed. Never from encrypted to plain. */
export function redirectTarget(from: string, location: string | null): string | null {
  if (location === null || !URL.canParse(location, from)) return null;
  const to = new URL(location, from);
  if (to.protocol === "https:") return to.href;
  return to.protocol === "http:" && new URL(from).protocol === "http:" ? to.href : null;
}

/** A page where data was asked: a sign-in, a captcha, or a proxy that refuses. */
export function isPage(contentType: string | null): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? "");
}

/** `bytes 100-199/200`; null when the rest does not begin where it was asked to. */
export function restTotal(contentRange: string | null, from: number): number | null {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? "");
  return match !== null && Number(match[1]) === from ? Number(match[3]) : null;
}

export function hostOf(url: string): string {
  return new URL(url).host;
}

/** Addresses may carry pages and times in their query, which say nothing to people. */
export function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, "");
}

/** What a feed that could not be had means for whoever reads of it. */
export const STAYS = "What was loaded last stays in use, and the publisher is asked again.";

/** Validation failures of Node's TLS (tls.TLSSocket, "Verify peer certificate" codes of OpenSSL). */
const DISTRUST = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/;

export function isDistrust(code: unknown): code is string {
  return typeof code === "string" && DISTRUST.test(code);
}

/** Why a host could not be reached, as far as the cause says; never with the cause's own text. */
export function whyUnreached(
  cause: unknown,
  of: { readonly host: string; readonly hasProxy: boolean },
): string {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  if (isDistrust(code)) {
    return `The certificate of ${of.host} is not trusted (${code}). For a mirror with an authority of your own give its certificate: --ca FILE. Otherwise somebody stands between. ${STAYS}`;
  }
  if (of.hasProxy && / 407\b/.test(String(message))) return wantsProxyAuth(of.host);
  const tunnel = code === "ERR_PROXY_TUNNEL" ? " by the proxy" : "";
  return `${of.host} could not be reached${tunnel} in time; check the server's way out (proxy, firewall, name service), or load the feed from a file. ${STAYS}`;
}

export function wantsProxyAuth(host: string): string {
  return `The proxy on the way to ${host} wants to know who asks. Write user:password into a file that only the server can read and name it: feeds.proxyAuthFile. ${STAYS}`;
}
