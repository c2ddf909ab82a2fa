/**
 * Personal data in entries: AES-256-GCM (NIST SP 800-38D) under a key of the subject's own, which
 * lies in the database sealed by a key outside of it. To forget a person is to destroy the one key;
 * entries and tree stay as they are, and every proof goes on to hold.
 *
 *     sealed:1:<subject>:<hex of nonce (12), ciphertext, tag (16)>
 *
 * The subject is bound in as additional data, so that a text cannot be passed off as another's.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { SubjectId } from "../base/ids.ts";

export const SEAL_KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^sealed:1:([\x21-\x39\x3b-\x7e]{1,128}):([0-9a-f]+)$/;

export interface SealKey {
  readonly subject: SubjectId;
  readonly key: Buffer;
}

export function sealText(by: SealKey, nonce: Buffer, text: string): string {
  const bytes = encrypt(by, nonce, Buffer.from(text));
  return `sealed:1:${by.subject}:${bytes.toString("hex")}`;
}

/** Whose text it is; null for what is not sealed. */
export function sealedSubject(text: string): SubjectId | null {
  return (SEALED.exec(text)?.[1] as SubjectId | undefined) ?? null;
}

/** Null when this key did not seal exactly these bytes. */
export function openText(by: SealKey, text: string): string | null {
  const [, subject, encoded = ""] = SEALED.exec(text) ?? [];
  if (subject !== by.subject) return null;
  return decrypt(by, Buffer.from(encoded, "hex"))?.toString("utf8") ?? null;
}

/** A subject's key as the database holds it: 12 + 32 + 16 bytes. */
export function wrapKey(outer: Buffer, nonce: Buffer, key: SealKey): Buffer {
  return encrypt({ subject: key.subject, key: outer }, nonce, key.key);
}

export function unwrapKey(outer: Buffer, subject: SubjectId, wrapped: Buffer): SealKey | null {
  const key = decrypt({ subject, key: outer }, wrapped);
  return key === null ? null : { subject, key };
}

function encrypt(by: SealKey, nonce: Buffer, bytes: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-gcm", by.key, nonce);
  cipher.setAAD(Buffer.from(`fettle-ledger-seal-1\n${by.subject}`));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(by: SealKey, sealed: Buffer): Buffer | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const cipher = createDecipheriv("aes-256-gcm", by.key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(Buffer.from(`fettle-ledger-seal-1\n${by.subject}`));
  cipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
  } catch {
    // Another key, or other bytes.
    return null;
  }
}
