import { createHmac } from "node:crypto";
import { type Instant, instantToText } from "../base/instant.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import { severityOf } from "./event-severity.ts";
import type { Told } from "./model.ts";

/**
 * One event as a webhook of the Standard Webhooks specification: `type`, `timestamp` and `data`, with
 * an id that stays the same over every try and a signature over id, time and body. Pure.
 */
export interface SignedWebhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const SECRET_PREFIX = "whsec_";
/** The specification: 24 to 64 bytes. */
const KEY_BYTES_MIN = 24;
const KEY_BYTES_MAX = 64;

/** The key's bytes; null when the text is no such key. */
export function webhookKey(secret: string): Buffer | null {
  const text = secret.trim();
  if (!text.startsWith(SECRET_PREFIX)) return null;
  const base64 = text.slice(SECRET_PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const key = Buffer.from(base64, "base64");
  return key.length >= KEY_BYTES_MIN && key.length <= KEY_BYTES_MAX ? key : null;
}

export function signedWebhook(event: Told, key: Buffer, now: Instant): SignedWebhook {
  const { index, id, type, actor, object, patch, change, plan, facts } = event;
  const data = { index, actor, object, case: patch, change, plan, facts };
  const words = { severity: severityOf(event), summary: eventSentence(event) };
  const timestamp = instantToText(event.at);
  const body = Buffer.from(JSON.stringify({ type, timestamp, data: { ...words, ...data } }));
  const sentAt = Math.floor(now / 1000);
  return {
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(sentAt),
      "webhook-signature": webhookSignature(key, { id, sentAt, body }),
    },
    body,
  };
}

/** `sentAt` in seconds, as the header says it. */
export function webhookSignature(
  key: Buffer,
  of: { readonly id: string; readonly sentAt: number; readonly body: Buffer },
): string {
  const signed = createHmac("sha256", key).update(`${of.id}.${of.sentAt}.`).update(of.body);
  return `v1,${signed.digest("base64")}`;
}
