/**
 * Signed tree heads: C2SP tlog-checkpoint in a C2SP signed note, Ed25519 (signature type 0x01).
 *
 *     <origin>\n<size>\n<root, base64>\n\n— <origin> <base64 of key id and signature>\n
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Bug } from "../base/failure.ts";
import type { Hash } from "./tree.ts";

const ED25519 = 0x01;
/** DER of an Ed25519 SubjectPublicKeyInfo up to the 32 bytes of the key (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export interface LogKey {
  readonly origin: string;
  readonly privateKey: KeyObject;
  readonly publicBytes: Buffer;
}

export function logKey(origin: string, privateKey: KeyObject): LogKey {
  if (privateKey.asymmetricKeyType !== "ed25519") throw new Bug("the log key is not Ed25519");
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { origin, privateKey, publicBytes: spki.subarray(SPKI_PREFIX.length) };
}

/** First four bytes of SHA-256(name ‖ LF ‖ type ‖ key). */
export function keyId(origin: string, publicBytes: Buffer): Buffer {
  const hash = createHash("sha256").update(`${origin}\n`);
  return hash
    .update(Buffer.from([ED25519]))
    .update(publicBytes)
    .digest()
    .subarray(0, 4);
}

/** The verifier key in the form that C2SP tools take: `<name>+<key id>+<base64>`. */
export function verifierKey(key: {
  readonly origin: string;
  readonly publicBytes: Buffer;
}): string {
  const typed = Buffer.concat([Buffer.from([ED25519]), key.publicBytes]);
  const id = keyId(key.origin, key.publicBytes).toString("hex");
  return `${key.origin}+${id}+${typed.toString("base64")}`;
}

export function signCheckpoint(key: LogKey, size: number, root: Hash): string {
  const body = `${key.origin}\n${size}\n${root.toString("base64")}\n`;
  const signature = sign(null, Buffer.from(body), key.privateKey);
  const blob = Buffer.concat([keyId(key.origin, key.publicBytes), signature]).toString("base64");
  return `${body}\n— ${key.origin} ${blob}\n`;
}

/** Reads a note that this key must have signed; null when it did not. */
export function openCheckpoint(
  key: { readonly origin: string; readonly publicBytes: Buffer },
  note: string,
): Checkpoint | null {
  const split = note.indexOf("\n\n");
  const body = note.slice(0, split + 1);
  const match = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n$/.exec(body);
  if (split < 0 || match === null || match[1] !== key.origin) return null;
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, key.publicBytes]),
    format: "der",
    type: "spki",
  });
  const id = keyId(key.origin, key.publicBytes);
  const isSigned = note
    .slice(split + 2)
    .split("\n")
    .some((line) => {
      const [dash, name, blob] = line.split(" ");
      if (dash !== "—" || name !== key.origin || blob === undefined) return false;
      const bytes = Buffer.from(blob, "base64");
      if (!bytes.subarray(0, 4).equals(id)) return false;
      return verify(null, Buffer.from(body), publicKey, bytes.subarray(4));
    });
  if (!isSigned) return null;
  return {
    origin: key.origin,
    size: Number(match[2]),
    root: Buffer.from(match[3] ?? "", "base64"),
  };
}
