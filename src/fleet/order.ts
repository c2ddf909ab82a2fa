import { type Parsed, parseDocument, writeDocument } from "../base/document.ts";
import { type MachineKey, signDocument } from "../base/sshsig.ts";

/**
 * The dispatcher's order (host protocol §3): separate from what people approved, short-lived,
 * numbered. Kind `dispatch` brings a job; `apply`, `reboot` and `revert` with a nonce are permits
 * that answer one ask. A `revert` without a nonce asks a host to begin an ordered revert. A `stage`
 * brings the files of a job before its time and may start nothing (decision 31).
 */
export const orderKinds = ["dispatch", "apply", "reboot", "revert", "stage"] as const;
export type OrderKind = (typeof orderKinds)[number];

/** Times are Unix seconds. */
export interface Order {
  readonly kind: OrderKind;
  readonly tenant: string;
  readonly host: string;
  readonly plan: string;
  readonly index: number;
  readonly attempt: number;
  readonly epoch: number;
  /** Rises with every order to one host (§8). */
  readonly counter: number;
  readonly issued: number;
  readonly until: number;
  /** Seconds of life by the host's uptime; 0 exactly when there is no nonce. */
  readonly ttl: number;
  /** The ask's nonce, `-` when the order is no permit. */
  readonly nonce: string;
  /** Size and root of the ledger head the order refers to. */
  readonly log: Head;
}

export interface Head {
  readonly size: number;
  readonly root: string;
}

/** SHA-256 of nothing: the root of an empty ledger (RFC 6962 §2.1). */
export const EMPTY_HEAD: Head = {
  size: 0,
  root: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

/** §6.8: an order lives a day at most. */
export const ORDER_LIFE_SECONDS_MAX = 86_400;

export function writeOrder(order: Order): string {
  return writeDocument("order", [
    `kind ${order.kind}`,
    `tenant ${order.tenant}`,
    `host ${order.host}`,
    `plan ${order.plan}`,
    `index ${order.index}`,
    `attempt ${order.attempt}`,
    `epoch ${order.epoch}`,
    `counter ${order.counter}`,
    `issued ${order.issued}`,
    `until ${order.until}`,
    `ttl ${order.ttl}`,
    `nonce ${order.nonce}`,
    `log ${order.log.size} ${order.log.root}`,
  ]);
}

export function parseOrder(text: string): Parsed<Order> {
  return parseDocument(text, { type: "order" }, (reader) => {
    const kind = reader.choice("kind", orderKinds);
    const about = {
      kind,
      tenant: reader.word("tenant", "id"),
      host: reader.word("host", "id"),
      plan: reader.word("plan", "digest"),
      index: reader.number("index"),
      attempt: reader.number("attempt"),
      epoch: reader.number("epoch"),
      counter: reader.number("counter"),
      issued: reader.number("issued"),
      until: reader.number("until"),
      ttl: reader.number("ttl"),
    };
    const nonce = reader.rest("nonce");
    if (nonce !== "-") reader.must("hex32", nonce, "nonce");
    if ((nonce === "-") !== (about.ttl === 0)) reader.stop("ttl and nonce go together");
    if ((kind === "dispatch" || kind === "stage") && nonce !== "-") {
      reader.stop(`a ${kind} has no nonce`);
    }
    if (nonce === "-" && (kind === "apply" || kind === "reboot")) {
      reader.stop("a permit needs a nonce");
    }
    const [size, root] = reader.fields("log", "number", "digest");
    return { ...about, nonce, log: { size: Number(size), root } };
  });
}

export interface SignedText {
  readonly text: string;
  /** Armoured SSHSIG over the text's bytes. */
  readonly signature: string;
}

export function signOrder(order: Order, key: MachineKey): SignedText {
  const text = writeOrder(order);
  return { text, signature: signDocument({ namespace: "fettle-order-v1", key, bytes: text }) };
}
