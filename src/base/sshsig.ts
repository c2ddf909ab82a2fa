import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from "node:crypto";
import { Failure } from "./failure.ts";
import { isP256Genuine, p256Signature } from "./p256.ts";
import { type PublicKey, parsePublicKeyLine, WireReader, wireString } from "./ssh-key.ts";
import {
  areFlagsImpossible,
  assertionMessage,
  clientDataFault,
  PASSKEY_SIGNATURE_TYPE,
} from "./webauthn.ts";

/**
 * SSHSIG (OpenSSH PROTOCOL.sshsig): detached signatures that stock `ssh-keygen -Y verify` checks.
 * Each purpose has its own namespace, so a signature made for one can never pass for another.
 * Machine keys (dispatcher, log, host) are ECDSA P-256 only, the one kind that every OpenSSH from
 * 8.1, OpenSSL 1.1 and FIPS hosts accept (host protocol §3).
 */

export const namespaces = [
  "fettle-request-v1",
  "fettle-approve-v1",
  "fettle-order-v1",
  "fettle-ask-v1",
  "fettle-result-v1",
  "fettle-staged-v1",
  "fettle-ways-v1",
  "fettle-gate-v1",
  "fettle-revoke-v1",
  "fettle-policy-v1",
  "fettle-enrol-v1",
  "fettle-restore-v1",
  "fettle-head-v1",
  "fettle-cosign-v1",
  "fettle-vex-v1",
  "fettle-bundle-v1",
] as const;

export type Namespace = (typeof namespaces)[number];

export interface MachineKey {
  readonly privateKey: KeyObject;
  /** `ecdsa-sha2-nistp256 AAAA…`, without a comment. */
  readonly publicKeyLine: string;
}

export type SignatureVerdict =
  | {
      readonly ok: true;
      readonly key: PublicKey;
      /** Security keys say what they saw: bit 0 touched, bit 2 verified the user; else null. */
      readonly flags: number | null;
    }
  | { readonly ok: false; readonly why: string };

const MAGIC = "SSHSIG";
const VERSION = 1;
const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
/** What ssh-keygen writes. */
const ARMOUR_COLUMNS = 70;
/** A passkey signature with its client data is below 2 KiB; more is refused before decoding. */
export const SIGNATURE_LINES_MAX = 64;
const SIGNATURE_LINE_BYTES_MAX = 76;

/** Makes a P-256 key: PKCS8 PEM for the private half, an OpenSSH line for the public one. */
export function makeMachineKey(): { privateKeyPem: string; publicKeyLine: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { privateKeyPem, publicKeyLine: publicLineOf(privateKey) };
}

export function openMachineKey(privateKeyPem: string): MachineKey {
  try {
    const privateKey = createPrivateKey(privateKeyPem);
    return { privateKey, publicKeyLine: publicLineOf(privateKey) };
  } catch (cause) {
    throw new Failure(
      "invalid",
      "The private key cannot be read. It must be an ECDSA P-256 key in PKCS8 PEM form.",
      { cause },
    );
  }
}

/** Signs exact bytes for one purpose; the armoured text is what goes into a bundle. */
export function signDocument(of: {
  readonly namespace: Namespace;
  readonly key: MachineKey;
  readonly bytes: string | Uint8Array;
}): string {
  const publicKey = Buffer.from(of.key.publicKeyLine.split(" ")[1] ?? "", "base64");
  const signed = toBeSigned(of.namespace, "sha256", of.bytes);
  const signature = p256Signature(of.key.privateKey, signed);
  return armourSignature({ publicKey, namespace: of.namespace, signature });
}

/** The armoured text around a signature over the SHA-256 of a text. */
export function armourSignature(of: {
  readonly publicKey: Buffer;
  readonly namespace: Namespace;
  readonly signature: Buffer;
}): string {
  const version = Buffer.alloc(4);
  version.writeUInt32BE(VERSION);
  return armour(
    Buffer.concat([
      Buffer.from(MAGIC),
      version,
      ...[of.publicKey, of.namespace, "", "sha256", of.signature].map(wireString),
    ]),
  );
}

/** Judges a signature by one given key. Never throws on bad input: a refusal is an answer. */
export function verifySshSignature(claim: {
  readonly namespace: Namespace;
  readonly bytes: string | Uint8Array;
  readonly armoured: string;
  readonly publicKeyLine: string;
}): SignatureVerdict {
  const key = parsePublicKeyLine(claim.publicKeyLine);
  if (key === null) return { ok: false, why: "the public key line cannot be read" };
  const parsed = parseSignature(claim.armoured);
  if (parsed === null) return { ok: false, why: "this is not an SSH signature" };
  if (parsed.namespace !== claim.namespace) {
    return { ok: false, why: `signed for another purpose (${parsed.namespace.slice(0, 64)})` };
  }
  if (!parsed.publicKey.equals(key.blob)) return { ok: false, why: "signed by another key" };
  const signed = toBeSigned(claim.namespace, parsed.hash, claim.bytes);
  return judge(key, parsed.signature, signed);
}

export interface SshSignature {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly hash: "sha256" | "sha512";
  readonly signature: Buffer;
}

/** Takes an armoured signature apart; `null` when it is not one. */
export function parseSignature(armoured: string): SshSignature | null {
  const reader = new WireReader(unarmour(armoured));
  if (reader.take(MAGIC.length).toString("latin1") !== MAGIC) return null;
  if (reader.uint32() !== VERSION) return null;
  const [publicKey, namespace, reserved] = [reader.string(), reader.string(), reader.string()];
  const hash = reader.string().toString("latin1");
  const signature = reader.string();
  if (!reader.isCleanEnd() || reserved.length !== 0) return null;
  if (hash !== "sha256" && hash !== "sha512") return null;
  return { publicKey, namespace: namespace.toString("latin1"), hash, signature };
}

/** Whether a text has the shape of an armoured signature: the same rule as the host's. */
export function isArmoured(text: string): boolean {
  const lines = text.split("\n");
  const body = lines.slice(1, -2);
  return (
    lines[0] === BEGIN &&
    lines.at(-2) === END &&
    lines.at(-1) === "" &&
    body.length >= 1 &&
    body.length <= SIGNATURE_LINES_MAX &&
    body.every((line) => line.length <= SIGNATURE_LINE_BYTES_MAX && /^[A-Za-z0-9+/=]+$/.test(line))
  );
}

/** The blob that the key really signs: also the WebAuthn challenge of a passkey (§4.1). */
export function toBeSigned(
  namespace: string,
  hash: "sha256" | "sha512",
  bytes: string | Uint8Array,
): Buffer {
  const digest = createHash(hash).update(bytes).digest();
  return Buffer.concat([Buffer.from(MAGIC), ...[namespace, "", hash, digest].map(wireString)]);
}

function judge(key: PublicKey, signature: Buffer, signed: Buffer): SignatureVerdict {
  const reader = new WireReader(signature);
  const type = reader.string().toString("latin1");
  const inner = reader.string();
  if (type === PASSKEY_SIGNATURE_TYPE && key.type === "sk-ecdsa-sha2-nistp256@openssh.com") {
    return judgePasskey({ key, reader, inner, signed });
  }
  if (type !== key.type) return { ok: false, why: "the signature is of another kind than the key" };
  const isHardware = key.application !== null;
  const flags = isHardware ? reader.byte() : null;
  const counter = isHardware ? reader.take(4) : Buffer.alloc(0);
  if (!reader.isCleanEnd()) return { ok: false, why: "the signature has a wrong length" };
  const message = flags === null ? signed : hardwareMessage({ key, flags, counter, signed });
  return isGenuine(key, inner, message)
    ? { ok: true, key, flags }
    : { ok: false, why: "the signature does not fit the text" };
}

/** A browser stood between the text and the key, so the client data names the text (§4.2). */
function judgePasskey(of: {
  readonly key: PublicKey;
  readonly reader: WireReader;
  readonly inner: Buffer;
  readonly signed: Buffer;
}): SignatureVerdict {
  const { key, reader, inner, signed } = of;
  const [flags, counter] = [reader.byte(), reader.take(4)];
  const [origin, clientData, extensions] = [reader.string(), reader.string(), reader.string()];
  if (!reader.isCleanEnd() || areFlagsImpossible(flags, extensions)) {
    return { ok: false, why: "the signature has a wrong form" };
  }
  const fault = clientDataFault({
    clientData: clientData.toString("latin1"),
    origin: origin.toString("latin1"),
    signed,
  });
  if (fault !== null) return { ok: false, why: fault };
  const rpIdHash = createHash("sha256")
    .update(key.application ?? "")
    .digest();
  const message = assertionMessage({ rpIdHash, flags, counter, extensions, clientData });
  return isGenuine(key, inner, message)
    ? { ok: true, key, flags }
    : { ok: false, why: "the signature does not fit the text" };
}

/** OpenSSH PROTOCOL.u2f: the key signs hashes of application and text around flags and counter. */
function hardwareMessage(of: {
  key: PublicKey;
  flags: number;
  counter: Buffer;
  signed: Buffer;
}): Buffer {
  const hash = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();
  return Buffer.concat([
    hash(of.key.application ?? ""),
    Buffer.from([of.flags]),
    of.counter,
    hash(of.signed),
  ]);
}

/** A key opened for checks costs more than the check; each agent's is used again every minute. */
const opened = new Map<string, KeyObject>();
/** Some kilobytes each; more agents than this call one server too seldom for it to matter. */
const OPENED_MAX = 16_384;

function openPublicKey(key: PublicKey): KeyObject {
  const name = key.blob.toString("latin1");
  const known = opened.get(name);
  if (known !== undefined) return known;
  const made = createPublicKey({ key: key.jwk, format: "jwk" });
  const [oldest] = opened.size < OPENED_MAX ? [] : opened.keys();
  if (oldest !== undefined) opened.delete(oldest);
  opened.set(name, made);
  return made;
}

function isGenuine(key: PublicKey, inner: Buffer, message: Buffer): boolean {
  try {
    const publicKey = openPublicKey(key);
    if (key.jwk.crv === "Ed25519") return verify(null, message, publicKey, inner);
    return isP256Genuine(publicKey, message, inner);
  } catch {
    // A key that is no point of its curve, or a malformed signature: both mean "not genuine".
    return false;
  }
}

function publicLineOf(privateKey: KeyObject): string {
  const { crv, x, y } = createPublicKey(privateKey).export({ format: "jwk" });
  if (crv !== "P-256") throw new Failure("invalid", "A machine key must be ECDSA P-256.");
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x ?? "", "base64url"),
    Buffer.from(y ?? "", "base64url"),
  ]);
  const type = "ecdsa-sha2-nistp256";
  const blob = Buffer.concat([type, "nistp256", point].map(wireString));
  return `${type} ${blob.toString("base64")}`;
}

function armour(blob: Buffer): string {
  const text = blob.toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += ARMOUR_COLUMNS) {
    lines.push(text.slice(at, at + ARMOUR_COLUMNS));
  }
  return `${[BEGIN, ...lines, END].join("\n")}\n`;
}

/** A blob has one base64 text only, as for OpenSSH: padding that is wrong or stray bits are refused. */
function unarmour(text: string): Buffer {
  if (!isArmoured(text)) return Buffer.alloc(0);
  const base64 = text.split("\n").slice(1, -2).join("");
  const blob = Buffer.from(base64, "base64");
  return blob.toString("base64") === base64 ? blob : Buffer.alloc(0);
}
