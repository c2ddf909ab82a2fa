import { createHash, type JsonWebKey } from "node:crypto";

/**
 * OpenSSH public keys and the wire form they are made of (RFC 4251 §5, RFC 5656, RFC 8709,
 * OpenSSH PROTOCOL.u2f). Only the four kinds that the host protocol accepts; each key has exactly
 * one text here, so two lines are the same key only if their base64 is equal.
 */

export const keyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
] as const;

export type KeyType = (typeof keyTypes)[number];

export interface PublicKey {
  readonly type: KeyType;
  /** The key as it stands in its line and in policies. */
  readonly base64: string;
  readonly blob: Buffer;
  /** Of security keys: the application (`ssh:…`) or a passkey's site; else null. */
  readonly application: string | null;
  readonly jwk: JsonWebKey;
}

/** Keys are below 300 characters; the cap refuses absurd lines before decoding. */
const KEY_BASE64_MAX = 800;

/** Reads `type base64 [comment]`; `null` for anything that is not one of the four kinds. */
export function parsePublicKeyLine(line: string): PublicKey | null {
  const [type = "", base64 = ""] = line.trim().split(" ");
  if (!isKeyType(type) || base64.length > KEY_BASE64_MAX) return null;
  const blob = Buffer.from(base64, "base64");
  // Decoders ignore stray bits and characters; demanding the same text back refuses aliases.
  if (blob.toString("base64") !== base64) return null;
  const reader = new WireReader(blob);
  if (reader.string().toString("latin1") !== type) return null;
  const jwk = type.includes("ed25519") ? readEd25519(reader) : readP256(reader);
  const application = type.startsWith("sk-") ? reader.string().toString("latin1") : null;
  if (jwk === null || !reader.isCleanEnd()) return null;
  return { type, base64, blob, application, jwk };
}

export function isKeyType(text: string): text is KeyType {
  return (keyTypes as readonly string[]).includes(text);
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export function fingerprint(key: PublicKey): string {
  const digest = createHash("sha256").update(key.blob).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

function readEd25519(reader: WireReader): JsonWebKey | null {
  const point = reader.string();
  if (point.length !== 32) return null;
  return { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") };
}

function readP256(reader: WireReader): JsonWebKey | null {
  if (reader.string().toString("latin1") !== "nistp256") return null;
  const point = reader.string();
  if (point.length !== 65 || point[0] !== 4) return null;
  return {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
}

export function wireString(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** An unsigned big-endian number as RFC 4251 mpint: no leading zeros, but a clear sign bit. */
export function wireMpint(magnitude: Uint8Array): Buffer {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const trimmed = first < 0 ? Buffer.alloc(0) : Buffer.from(magnitude.subarray(first));
  const isHigh = ((trimmed[0] ?? 0) & 0x80) !== 0;
  return wireString(isHigh ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

/** Reads wire bytes; running past the end gives empty values and spoils `isCleanEnd`. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #isBroken = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) {
      this.#isBroken = true;
      return Buffer.alloc(0);
    }
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  uint32(): number {
    const bytes = this.take(4);
    return bytes.length === 4 ? bytes.readUInt32BE() : 0;
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  /** A positive mpint as exactly `size` bytes; `null` when negative, padded wrongly or too long. */
  mpint(size: number): Buffer | null {
    const bytes = this.string();
    const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
    const isPadded = bytes[0] === 0 && ((bytes[1] ?? 0) & 0x80) === 0;
    const magnitude = bytes[0] === 0 ? bytes.subarray(1) : bytes;
    if (isNegative || isPadded || magnitude.length > size) return null;
    return Buffer.concat([Buffer.alloc(size - magnitude.length), magnitude]);
  }

  /** Whether everything was there and nothing is left. */
  isCleanEnd(): boolean {
    return !this.#isBroken && this.#at === this.#bytes.length;
  }
}
