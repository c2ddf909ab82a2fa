import { type KeyObject, sign, verify } from "node:crypto";
import { WireReader, wireMpint, wireString } from "./ssh-key.ts";

/**
 * ECDSA over P-256 with SHA-256 as OpenSSH writes it (RFC 5656 §3.1.2). Asked of Node in the form of IEEE
 * P1363, which is nearer to that, a signature takes twice the time and a check half as much again; so it is
 * asked in DER (RFC 3279 §2.2.3), and its two numbers change their clothes here.
 */
type Pair = readonly [r: Buffer, s: Buffer];

/** The name of the algorithm and the pair of numbers, each as a wire string. */
export function p256Signature(key: KeyObject, bytes: Uint8Array): Buffer {
  const pair = readPair(sign("sha256", bytes, key));
  if (pair === null) throw new Error("only keys of P-256 sign here");
  const inner = Buffer.concat(pair.map(wireMpint));
  return Buffer.concat([wireString("ecdsa-sha2-nistp256"), wireString(inner)]);
}

/** `inner` as in the signature above, without the name: two numbers. Throws for a key that is none. */
export function isP256Genuine(key: KeyObject, bytes: Uint8Array, inner: Buffer): boolean {
  const reader = new WireReader(inner);
  const [r, s] = [reader.mpint(NUMBER_BYTES), reader.mpint(NUMBER_BYTES)];
  if (r === null || s === null || !reader.isCleanEnd()) return false;
  return verify("sha256", bytes, key, writePair([r, s]));
}

const NUMBER_BYTES = 32;
const DER_SEQUENCE = 0x30;
const DER_INTEGER = 0x02;
/** Both numbers fit, so each length is one byte. */
const PAIR_BYTES_MAX = 72;

/** r and s without sign bytes; null for any other form. */
export function readPair(der: Uint8Array): Pair | null {
  const bytes = Buffer.from(der);
  if (bytes.length > PAIR_BYTES_MAX || bytes.length < 8) return null;
  const reader = new WireReader(bytes);
  if (reader.byte() !== DER_SEQUENCE || reader.byte() !== bytes.length - 2) return null;
  const number = (): Buffer | null => {
    if (reader.byte() !== DER_INTEGER) return null;
    const content = reader.take(reader.byte());
    if (content.length === 0 || ((content[0] ?? 0) & 0x80) !== 0) return null;
    const magnitude = content[0] === 0 ? content.subarray(1) : content;
    return magnitude.length > NUMBER_BYTES ? null : magnitude;
  };
  const [r, s] = [number(), number()];
  return r === null || s === null || !reader.isCleanEnd() ? null : [r, s];
}

function writePair(pair: Pair): Buffer {
  const content = Buffer.concat(pair.map(derInteger));
  return Buffer.concat([Buffer.from([DER_SEQUENCE, content.length]), content]);
}

/** A whole number that is not negative, in as few bytes as it needs. */
function derInteger(magnitude: Buffer): Buffer {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const trimmed = first < 0 ? Buffer.from([0]) : magnitude.subarray(first);
  const sign = ((trimmed[0] ?? 0) & 0x80) === 0 ? [] : [0];
  return Buffer.concat([
    Buffer.from([DER_INTEGER, sign.length + trimmed.length, ...sign]),
    trimmed,
  ]);
}
