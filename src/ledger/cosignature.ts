/**
 * What witnesses elsewhere put under a checkpoint: C2SP tlog-cosignature (`cosignature/v1`, Ed25519,
 * signature type 0x04), and beside it, as a signature of a type of our own (0xff), the SSH signature
 * that hosts check.
 *
 *     — <name> <base64 of key id (4), Unix seconds (8), Ed25519 signature (64)>
 *     — <name> <base64 of key id (4), armoured SSH signature>
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

const COSIGNATURE = 0x04;
const OTHER = 0xff;
const OTHER_NAME = "fettle-cosign-v1";
/** DER of an Ed25519 SubjectPublicKeyInfo up to the 32 bytes of the key (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export interface CosignerKey {
  readonly name: string;
  readonly publicBytes: Buffer;
}

export function cosignerKey(name: string, key: KeyObject): CosignerKey {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return { name, publicBytes: spki.subarray(SPKI_PREFIX.length) };
}

function idOf(name: string, typed: Buffer): Buffer {
  const hash = createHash("sha256").update(`${name}\n`).update(typed);
  return hash.digest().subarray(0, 4);
}

function typed({ publicBytes }: CosignerKey): Buffer {
  return Buffer.concat([Buffer.from([COSIGNATURE]), publicBytes]);
}

/** `<name>+<key id>+<base64>`, as C2SP tools take it. */
export function cosignerText(key: CosignerKey): string {
  const bytes = typed(key);
  return `${key.name}+${idOf(key.name, bytes).toString("hex")}+${bytes.toString("base64")}`;
}

/** Null when it is none. */
export function parseCosigner(text: string): CosignerKey | null {
  const [, name, id, encoded] =
    /^([a-z0-9][a-z0-9.-]{0,62})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text.trim()) ?? [];
  if (name === undefined || encoded === undefined) return null;
  const bytes = Buffer.from(encoded, "base64");
  const isRight = bytes.length === 33 && bytes[0] === COSIGNATURE;
  if (!isRight || idOf(name, bytes).toString("hex") !== id) return null;
  return { name, publicBytes: bytes.subarray(1) };
}

/** `body`: the checkpoint's text up to the empty line; `seconds`: Unix time. */
export function cosign(of: {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly body: string;
  readonly seconds: number;
}): string {
  const key = cosignerKey(of.name, of.privateKey);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(of.seconds));
  const signature = sign(null, signedBytes(of), of.privateKey);
  return noteLine(of.name, Buffer.concat([idOf(of.name, typed(key)), time, signature]));
}

export function hostCosignatureLine(name: string, armoured: string): string {
  const id = idOf(name, Buffer.concat([Buffer.from([OTHER]), Buffer.from(OTHER_NAME)]));
  return noteLine(name, Buffer.concat([id, Buffer.from(armoured)]));
}

function noteLine(name: string, blob: Buffer): string {
  return `— ${name} ${blob.toString("base64")}\n`;
}

function signedBytes(of: { readonly body: string; readonly seconds: number }): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${of.seconds}\n${of.body}`);
}

export interface Cosigned {
  /** Unix seconds, as the witness said. */
  readonly seconds: number;
  /** The line that C2SP tools check. */
  readonly line: string;
  /** Armoured SSHSIG; the caller checks it. Null where the witness gives none. */
  readonly armoured: string | null;
}

/** Reads the lines of one witness; null unless its key signed exactly this body. */
export function openCosignature(key: CosignerKey, body: string, lines: string): Cosigned | null {
  let found: Omit<Cosigned, "armoured"> | null = null;
  let armoured: string | null = null;
  const own = idOf(key.name, typed(key));
  const other = idOf(key.name, Buffer.concat([Buffer.from([OTHER]), Buffer.from(OTHER_NAME)]));
  for (const line of lines.split("\n")) {
    const [dash, name, text] = line.split(" ");
    if (dash !== "—" || name !== key.name || text === undefined) continue;
    const blob = Buffer.from(text, "base64");
    const [id, rest] = [blob.subarray(0, 4), blob.subarray(4)];
    if (id.equals(other)) armoured = rest.toString("latin1");
    if (!id.equals(own) || rest.length !== 72) continue;
    const seconds = Number(rest.readBigUInt64BE());
    if (isSigned(key, signedBytes({ body, seconds }), rest.subarray(8))) {
      found = { seconds, line: `${line}\n` };
    }
  }
  return found === null ? null : { ...found, armoured };
}

function isSigned({ publicBytes }: CosignerKey, bytes: Buffer, signature: Buffer): boolean {
  const der = Buffer.concat([SPKI_PREFIX, publicBytes]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, bytes, key, signature);
}
