import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { connect as connectSecure } from "node:tls";
import { DAY_MS } from "../base/instant.ts";
import { type Reach, refusalOf } from "../outbound/address.ts";
import { askOnce, whyUnreached } from "../outbound/ask-once.ts";
import { targetOf, trusted, Unreached } from "../outbound/connect.ts";
import type { DnsCheck, HttpCheck, TlsCheck } from "../policy/rings-checks.ts";
import type { CheckRule } from "../policy/rings-gates.ts";
import { matchWithin, matchWords } from "./actions-match.ts";
import { filled } from "./check-reading.ts";

/** One run of a synthetic transaction, as a user of the service would make it. */
export interface CheckPlace {
  readonly host: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly reach: Reach;
  readonly signal: AbortSignal;
  /** The wall clock, against which certificates end. */
  readonly now: number;
}

export interface Checked {
  readonly isGood: boolean;
  readonly words: string;
  readonly tookMs: number;
}

export async function runCheck(check: CheckRule, place: CheckPlace): Promise<Checked> {
  const began = performance.now();
  const took = (): number => performance.now() - began;
  try {
    const seen = await seenBy(check, place);
    return { isGood: seen.isGood, words: seen.words, tookMs: took() };
  } catch (cause) {
    if (!(cause instanceof Unreached)) throw cause;
    return { isGood: false, words: cause.message, tookMs: took() };
  }
}

interface Seen {
  readonly isGood: boolean;
  readonly words: string;
}

function seenBy(check: CheckRule, place: CheckPlace): Promise<Seen> {
  const { http, tcp, tls, dns, timeout } = check;
  if (http !== undefined) return askHttp(http, place, timeout);
  if (tcp !== undefined) return askTcp(tcp, place, timeout);
  if (tls !== undefined) return askTls(tls, place, timeout);
  if (dns !== undefined) return askDns(dns, place, timeout);
  throw new Unreached("the check says nothing to ask");
}

function fill(text: string, place: CheckPlace): string {
  const done = filled(text, place);
  if ("text" in done) return done.text;
  const who = place.host === null ? "a check of a wave" : place.host;
  throw new Unreached(`${who} has nothing for {${done.missing}}`);
}

const BODY_BYTES_MAX = 1024 * 1024;
const REDIRECTS_MAX = 5;

async function askHttp(check: HttpCheck, place: CheckPlace, timeoutMs: number): Promise<Seen> {
  const { method, headers } = check;
  let url = fill(check.url, place);
  const first = new URL(url);
  for (let redirects = 0; ; redirects += 1) {
    // What the policy sends as headers is for the address that it names, not for where that leads.
    const isFirst = new URL(url).origin === first.origin;
    const answer = await askOnce({
      ...{ url, method, bytesMax: BODY_BYTES_MAX, timeoutMs },
      authority: isFirst ? (check.authority ?? null) : null,
      headers: isFirst ? headers : {},
      body: isFirst ? (check.body ?? null) : null,
      ...{ reach: place.reach, signal: place.signal },
    });
    const { location } = answer.headers;
    const leads = answer.status >= 300 && answer.status < 400 && location !== undefined;
    if (check.redirects === "refuse" || !leads) return judgeHttp(check, answer);
    if (redirects >= REDIRECTS_MAX) return { isGood: false, words: "it leads on too often" };
    const next = URL.canParse(location, url) ? new URL(location, url) : null;
    const isWeaker = first.protocol === "https:" && next?.protocol !== "https:";
    if (next === null || isWeaker || !/^https?:$/.test(next.protocol)) {
      return { isGood: false, words: "it leads to an address that is not encrypted or no address" };
    }
    url = next.href;
  }
}

function judgeHttp(
  check: HttpCheck,
  { status, headers, body }: Awaited<ReturnType<typeof askOnce>>,
): Seen {
  if (status !== check.status) {
    return { isGood: false, words: `status ${status}, not ${check.status}` };
  }
  for (const [name, part] of Object.entries(check.expectHeaders)) {
    const value = String(headers[name.toLowerCase()] ?? "");
    if (!value.includes(part))
      return { isGood: false, words: `header ${name} lacks what is expected` };
  }
  if (check.contains !== undefined && !body.includes(check.contains)) {
    return { isGood: false, words: "the body lacks the expected text" };
  }
  const matched = check.matches === undefined ? "yes" : matchWithin(check.matches, body);
  if (matched !== "yes") return { isGood: false, words: matchWords[matched] };
  return { isGood: true, words: `status ${status}` };
}

async function askTcp(
  { host, port }: { readonly host: string; readonly port: number },
  place: CheckPlace,
  timeoutMs: number,
): Promise<Seen> {
  const name = fill(host, place);
  const target = await targetOf(name, place.reach);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: target.address, port });
    const signal = AbortSignal.any([place.signal, AbortSignal.timeout(timeoutMs)]);
    const end = (cause: unknown): void => {
      socket.destroy();
      if (cause === null) resolve();
      else reject(new Unreached(whyUnreached(`${name}:${port}`, cause), { cause }));
    };
    signal.addEventListener("abort", () => end(signal.reason), { once: true });
    socket.on("error", end);
    socket.on("connect", () => end(null));
  });
  return { isGood: true, words: `${name}:${port} accepts connections` };
}

async function askTls(check: TlsCheck, place: CheckPlace, timeoutMs: number): Promise<Seen> {
  const host = fill(check.host, place);
  const servername = check.name === undefined ? host : fill(check.name, place);
  const target = await targetOf(host, place.reach);
  const endsAt = await new Promise<number | null>((resolve, reject) => {
    const socket = connectSecure({
      ...{
        host: target.address,
        port: check.port,
        servername,
        ...trusted(check.authority),
      },
      rejectUnauthorized: true,
    });
    const signal = AbortSignal.any([place.signal, AbortSignal.timeout(timeoutMs)]);
    const fail = (cause: unknown): void => {
      socket.destroy();
      reject(new Unreached(whyUnreached(`${servername}:${check.port}`, cause), { cause }));
    };
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    socket.on("error", fail);
    socket.on("secureConnect", () => {
      const until = Date.parse(socket.getPeerCertificate().valid_to);
      socket.destroy();
      resolve(Number.isNaN(until) ? null : until);
    });
  });
  if (endsAt === null) return { isGood: false, words: "its certificate does not say when it ends" };
  const daysLeft = Math.floor((endsAt - place.now) / DAY_MS);
  const words = `its certificate lasts ${daysLeft} more days`;
  if (daysLeft >= check.daysLeft) return { isGood: true, words };
  return { isGood: false, words: `${words}, fewer than ${check.daysLeft}` };
}

async function askDns(check: DnsCheck, place: CheckPlace, timeoutMs: number): Promise<Seen> {
  const name = fill(check.name, place);
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (check.server !== undefined) {
    const address = check.server.replace(/^\[?([^\]]*?)\]?(:\d+)?$/, "$1");
    const refusal = refusalOf(address, place.reach);
    if (refusal !== null) throw new Unreached(`the name server was not asked: ${refusal}`);
    resolver.setServers([check.server]);
  }
  let found: readonly string[];
  try {
    found = textsOf(await resolver.resolve(name, check.type));
  } catch (cause) {
    throw new Unreached(whyUnreached(`${check.type} of ${name}`, cause), { cause });
  }
  const wanted = normal(fill(check.expect, place));
  const isThere = found.some((text) => normal(text) === wanted);
  const shown = found.slice(0, 3).join(", ");
  const words = `${check.type} of ${name} is ${shown === "" ? "empty" : shown.slice(0, 200)}`;
  return { isGood: isThere, words };
}

/** Each record as one text, as in a zone file: `10 mail.example` for MX. */
function textsOf(records: unknown): readonly string[] {
  if (!Array.isArray(records)) return [];
  return records.map((record: unknown) => {
    if (typeof record === "string") return record;
    if (Array.isArray(record)) return record.join("");
    return Object.values(record as Readonly<Record<string, unknown>>).join(" ");
  });
}

function normal(text: string): string {
  return text.toLowerCase().replace(/\.$/, "");
}
