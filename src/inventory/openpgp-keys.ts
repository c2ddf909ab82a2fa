import { createHash } from "node:crypto";

/**
 * Reads which public keys a file holds (RFC 9580 §4.2, §5.5; RFC 4880 for the same): enough to name the
 * keys that people pin, and to refuse what is none. Whether a signature fits is left to gpgv.
 */
export type Keyring =
  | { readonly kind: "keys"; readonly bytes: Buffer; readonly fingerprints: readonly string[] }
  | { readonly kind: "bad"; readonly problem: string };

export const KEYRING_BYTES_MAX = 256 * 1024;
const KEYS_MAX = 16;

const PUBLIC_KEY = 6;
const SECRET_KEYS: readonly number[] = [5, 7];
/** Public keys, subkeys, names, attributes, signatures, trust, markers and padding; nothing else. */
const KEYRING_TAGS: readonly number[] = [2, PUBLIC_KEY, 10, 12, 13, 14, 17, 21];

/** A keyring as it is, or in armour; the fingerprints are those of primary keys, in upper-case hex. */
export function readKeyring(given: Buffer): Keyring {
  if (given.length > KEYRING_BYTES_MAX) return bad("it is longer than 256 KiB");
  const bytes = given.subarray(0, 5).toString("latin1") === "-----" ? unarmoured(given) : given;
  if (bytes === null) return bad("its armour cannot be read");
  const fingerprints = new Set<string>();
  for (let at = 0; at < bytes.length; ) {
    const packet = packetAt(bytes, at);
    if (packet === null) return bad("it is no OpenPGP keyring");
    if (SECRET_KEYS.includes(packet.tag)) {
      return bad("it holds a secret key; export the public one (gpg --export)");
    }
    if (!KEYRING_TAGS.includes(packet.tag)) return bad("it holds something else than public keys");
    if (packet.tag === PUBLIC_KEY) {
      const fingerprint = fingerprintOf(packet.body);
      if (fingerprint === null) return bad("it holds a key of a version other than 4");
      fingerprints.add(fingerprint);
    }
    at = packet.end;
  }
  if (fingerprints.size === 0) return bad("it holds no key");
  if (fingerprints.size > KEYS_MAX) return bad(`it holds more than ${KEYS_MAX} keys`);
  return { kind: "keys", bytes, fingerprints: [...fingerprints].sort() };
}

function bad(problem: string): Keyring {
  return { kind: "bad", problem };
}

/** RFC 9580 §6.2: headers, an empty line, base64, and perhaps a checksum, which guards nothing here. */
function unarmoured(given: Buffer): Buffer | null {
  const block =
    /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[A-Za-z]+: [^\n]*\n)*\r?\n([A-Za-z0-9+/=\r\n]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END PGP PUBLIC KEY BLOCK-----/g;
  const text = given.toString("latin1");
  const found = [...text.matchAll(block)].map((match) => match[1] ?? "");
  // What stands between blocks would be read by one program and passed over by another.
  if (found.length === 0 || text.replace(block, "").trim() !== "") return null;
  return Buffer.concat(found.map((base64) => Buffer.from(base64, "base64")));
}

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
  readonly end: number;
}

function packetAt(bytes: Buffer, at: number): Packet | null {
  const head = bytes[at] ?? 0;
  if ((head & 0x80) === 0) return null;
  const isNew = (head & 0x40) !== 0;
  const tag = isNew ? head & 0x3f : (head >> 2) & 0x0f;
  const length = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, head & 3);
  if (length === null) return null;
  const end = length.at + length.of;
  return end > bytes.length ? null : { tag, body: bytes.subarray(length.at, end), end };
}

/** Partial lengths are for messages only, not for keys (RFC 9580 §4.2.1.4). */
function newLength(bytes: Buffer, at: number): { at: number; of: number } | null {
  const first = bytes[at] ?? 0;
  if (first < 192) return { at: at + 1, of: first };
  if (first < 224) return { at: at + 2, of: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192 };
  if (first < 255 || at + 5 > bytes.length) return null;
  return { at: at + 5, of: bytes.readUInt32BE(at + 1) };
}

function oldLength(bytes: Buffer, at: number, kind: number): { at: number; of: number } | null {
  const size = [1, 2, 4][kind];
  if (size === undefined || at + size > bytes.length) return null;
  return { at: at + size, of: bytes.readUIntBE(at, size) };
}

/** RFC 9580 §5.5.4.2. */
function fingerprintOf(body: Buffer): string | null {
  if (body[0] !== 4 || body.length > 0xffff) return null;
  const prefix = Buffer.from([0x99, body.length >> 8, body.length & 0xff]);
  return createHash("sha1").update(prefix).update(body).digest("hex").toUpperCase();
}
