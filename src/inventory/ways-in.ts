import type { Instant } from "../base/instant.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import type { Host } from "./model.ts";

/**
 * Who else may become root on a host (host protocol §9), as the host's own program found and signed it.
 * Pure. What a host did not say, or could not look at, never reads as "nothing was found".
 */
export interface WaysIn {
  readonly tenant: string;
  /** The protocol id; `-` before enrolment. */
  readonly host: string;
  readonly way: string;
  readonly issuedSeconds: number;
  /** Digest of the policy file that it works by. */
  readonly policy: string;
  readonly found: readonly WayIn[];
}

export interface WayIn {
  readonly kind: string;
  readonly what: string;
}

/**
 * `signed`: by the key that the host was enrolled with; `unsigned`: the host has no key yet; `wrong`: it
 * says it is another host's, of another time, or the signature does not fit.
 */
export const wayProofs = ["signed", "unsigned", "wrong"] as const;
export type WayProof = (typeof wayProofs)[number];

/** What the lines of an inspection brought: the exact text, and the signature where there was one. */
export interface WaysText {
  readonly text: string;
  readonly signature: string | null;
}

const HEAD =
  /^fettle ways 1\ntenant (-|[a-z0-9][a-z0-9.-]{0,62})\nhost (-|[a-z0-9][a-z0-9.-]{0,62})\nway (ssh|piped|agent|local)\nboot [0-9a-f]{32}\nissued (0|[1-9][0-9]{0,14})\npolicy ([0-9a-f]{64})\n/;
const FOUND = /^found ([a-z0-9][a-z0-9-]{0,39}) (\S[\x20-\x7e]{0,250})$/;
const FOUND_MAX = 62;

/** Null when it is not whole: half of a report would read as a host without the other half. */
export function parseWaysIn(text: string): WaysIn | null {
  const head = HEAD.exec(text);
  if (head === null || !text.endsWith("\nend\n")) return null;
  const [all, tenant = "", host = "", way = "", issued = "", policy = ""] = head;
  const lines = text.slice(all.length, -"end\n".length).split("\n").slice(0, -1);
  if (lines.length === 0 || lines.length > FOUND_MAX) return null;
  const found = lines.map((line) => FOUND.exec(line));
  if (found.some((match) => match === null)) return null;
  const ways = found.map((match) => ({ kind: match?.[1] ?? "", what: match?.[2] ?? "" }));
  const none = ways.filter(({ kind }) => kind === "none");
  if (none.length > 0 && ways.length > 1) return null;
  return {
    ...{ tenant, host, way, issuedSeconds: Number(issued), policy },
    found: ways.filter(({ kind }) => kind !== "none"),
  };
}

/** As far as the host's clock may be off (host protocol §7.1). */
const SKEW_SECONDS_MAX = 300;

/** Whose word it is; the problem says why it is nobody's. `tookMs`: what asking may have taken. */
export function proveWaysIn(
  given: WaysText,
  asked: {
    readonly host: Pick<Host, "protocolId" | "signingKey">;
    readonly tenant: string;
    readonly at: Instant;
    readonly tookMs: number;
  },
): { readonly proof: WayProof; readonly problem: string | null } {
  const { host, tenant } = asked;
  const wrong = (problem: string) => ({ proof: "wrong" as const, problem });
  const ways = parseWaysIn(given.text);
  if (ways === null) return wrong("its report of ways in cannot be read");
  if (host.signingKey === null) {
    return { proof: "unsigned", problem: "the host is not enrolled, so nothing is signed" };
  }
  if (ways.host !== host.protocolId || ways.tenant !== tenant) {
    return wrong(`it is a report of ${ways.host} in ${ways.tenant}`);
  }
  const earliest = asked.at / 1000 - SKEW_SECONDS_MAX;
  const latest = (asked.at + asked.tookMs) / 1000 + SKEW_SECONDS_MAX;
  if (ways.issuedSeconds < earliest || ways.issuedSeconds > latest) {
    return wrong("it was signed at another time: an old report, or a clock that is off");
  }
  if (given.signature === null) return wrong("the host has a key and did not sign");
  const verdict = verifySshSignature({
    namespace: "fettle-ways-v1",
    bytes: given.text,
    armoured: given.signature,
    publicKeyLine: host.signingKey,
  });
  return verdict.ok ? { proof: "signed", problem: null } : wrong(verdict.why);
}
