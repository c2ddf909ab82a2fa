import {
  type DocumentReader,
  type Parsed,
  parseDocument,
  writeDocument,
} from "../base/document.ts";
import type { Head } from "./order.ts";

/**
 * A host's signed question "may I start now?" (host protocol §3, §7.1). The nonce binds the answer
 * to this moment of this host.
 */
export const askKinds = ["apply", "reboot", "revert"] as const;
export type AskKind = (typeof askKinds)[number];

export interface Ask {
  readonly kind: AskKind;
  readonly tenant: string;
  readonly host: string;
  readonly plan: string;
  readonly index: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly nonce: string;
  /** The journal's state in lower case, as `staged`. */
  readonly state: string;
  readonly boot: string;
  /** The poll token; 64 zeros for hosts that never poll. */
  readonly token: string;
  /** Digest of the host's own policy file. */
  readonly policy: string;
  readonly head: Head;
}

export function writeAsk(ask: Ask | Poll): string {
  return writeDocument("ask", [
    `kind ${ask.kind}`,
    `tenant ${ask.tenant}`,
    `host ${ask.host}`,
    `plan ${ask.plan}`,
    `index ${ask.index}`,
    `attempt ${ask.attempt}`,
    `epoch ${ask.epoch}`,
    `nonce ${ask.nonce}`,
    `state ${ask.state}`,
    `boot ${ask.boot}`,
    `token ${ask.token}`,
    `policy ${ask.policy}`,
    `head ${ask.head.size} ${ask.head.root}`,
  ]);
}

export function parseAsk(text: string): Parsed<Ask> {
  return parseDocument(text, { type: "ask" }, (reader) => readAsk(reader, askKinds));
}

/**
 * A poll of an agent (§10.2) is an ask about no plan: the digest is 64 zeros, the numbers are 0. Only
 * this kind moves the poll token on, and nothing is permitted by it.
 */
export type Poll = Omit<Ask, "kind"> & { readonly kind: "poll" };
export const NO_PLAN = "0".repeat(64);

export function parsePoll(text: string): Parsed<Poll> {
  return parseDocument(text, { type: "ask" }, (reader) => {
    const poll = readAsk(reader, ["poll"]);
    if (poll.plan !== NO_PLAN) reader.stop("a poll is about no plan");
    return poll;
  });
}

function readAsk<const K extends readonly string[]>(reader: DocumentReader, kinds: K) {
  const about = {
    kind: reader.choice("kind", kinds),
    tenant: reader.word("tenant", "id"),
    host: reader.word("host", "id"),
    plan: reader.word("plan", "digest"),
    index: reader.number("index"),
    attempt: reader.number("attempt"),
    epoch: reader.number("epoch"),
    nonce: reader.word("nonce", "hex32"),
    state: reader.word("state", "id"),
    boot: reader.word("boot", "hex32"),
    token: reader.word("token", "digest"),
    policy: reader.word("policy", "digest"),
  };
  const [size, root] = reader.fields("head", "number", "digest");
  return { ...about, head: { size: Number(size), root } };
}
