import { createHash } from "node:crypto";

/**
 * Passkey answers (WebAuthn Level 3 §6.1, §5.8.1) as OpenSSH takes them (PROTOCOL.u2f, "webauthn"):
 * what the authenticator signed, and the client data that names the challenge and the site.
 */

/** What a security key or passkey says that it saw. */
export const flagBits = { touched: 0x01, verified: 0x04, synced: 0x08 } as const;
const ATTESTED_DATA = 0x40;
const EXTENSIONS = 0x80;

export const PASSKEY_SIGNATURE_TYPE = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";

export interface AuthenticatorData {
  readonly rpIdHash: Buffer;
  readonly flags: number;
  readonly counter: Buffer;
  /** CBOR as it came; empty where the flag says there is none. */
  readonly extensions: Buffer;
}

/** Fixed part: 32 bytes of hash, flags, 4 bytes of counter. */
const HEAD_BYTES = 37;

/**
 * Takes the authenticator's data apart. An assertion holds no attested data; with that flag OpenSSH
 * could not rebuild what was signed, so it is refused here, where somebody can be told (§4.2).
 */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | string {
  const data = Buffer.from(bytes);
  const flags = data[32] ?? 0;
  if (data.length < HEAD_BYTES) return "the authenticator's data is too short";
  if ((flags & ATTESTED_DATA) !== 0) return "the authenticator added attested data to its answer";
  const extensions = data.subarray(HEAD_BYTES);
  if (((flags & EXTENSIONS) !== 0) !== extensions.length > 0) {
    return "the authenticator's flags and its extensions do not agree";
  }
  return { rpIdHash: data.subarray(0, 32), flags, counter: data.subarray(33, 37), extensions };
}

/**
 * Why this client data is none that OpenSSH would take, or null. It compares bytes and parses no JSON:
 * type, challenge and origin must come first and in this order, as browsers write them.
 */
export function clientDataFault(of: {
  readonly clientData: string;
  readonly origin: string;
  /** The text that was to be signed, as SSHSIG wraps it. */
  readonly signed: Uint8Array;
}): string | null {
  const challenge = Buffer.from(of.signed).toString("base64url");
  if (/["\\]/.test(of.origin)) return "the origin holds a quotation mark";
  const head = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${of.origin}"`;
  if (of.clientData.startsWith(head)) return null;
  return of.clientData.startsWith(`{"type":"webauthn.get","challenge":"${challenge}"`)
    ? "the client data does not name the origin after the challenge"
    : "the passkey signed another challenge, or its client data begins in another order";
}

/** What the authenticator signed, given the key's site. */
export function assertionMessage(of: {
  readonly rpIdHash: Uint8Array;
  readonly flags: number;
  readonly counter: Uint8Array;
  readonly extensions: Uint8Array;
  readonly clientData: Uint8Array;
}): Buffer {
  const hashed = createHash("sha256").update(of.clientData).digest();
  return Buffer.concat([of.rpIdHash, Buffer.from([of.flags]), of.counter, of.extensions, hashed]);
}

/** Flags of a message that OpenSSH would refuse, whatever the signature is. */
export function areFlagsImpossible(flags: number, extensions: Uint8Array): boolean {
  return (flags & ATTESTED_DATA) !== 0 || ((flags & EXTENSIONS) !== 0) !== extensions.length > 0;
}

/**
 * Whether a page of this origin may use passkeys of exactly this site: the whole host name, never a
 * parent domain that other machines share, and no plain HTTP but on one's own machine.
 */
export function isOriginOf(origin: string, rpId: string): boolean {
  const url = URL.parse(origin);
  if (url === null || url.origin !== origin || url.hostname !== rpId) return false;
  // Names under localhost never leave the machine (RFC 6761 §6.3).
  const isOwnMachine = rpId === "localhost" || rpId.endsWith(".localhost");
  return url.protocol === "https:" || (url.protocol === "http:" && isOwnMachine);
}
