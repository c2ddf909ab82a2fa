import type { Namespace } from "./sshsig.ts";

/**
 * What a browser needs to sign with a passkey (host protocol §4): the challenge, and the OpenSSH line
 * of a new key. Without Node imports, because the pages and the approval desk run this very file; the
 * challenge is made where the statement is shown, never taken from a server.
 */

export const PASSKEY_KEY_TYPE = "sk-ecdsa-sha2-nistp256@openssh.com";

export type { Namespace } from "./sshsig.ts";

/** Strings of RFC 4251 §5, one after the other. */
function wire(parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const contents = parts.map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : part,
  );
  const bytes = new Uint8Array(contents.reduce((sum, content) => sum + 4 + content.length, 0));
  let at = 0;
  for (const content of contents) {
    new DataView(bytes.buffer).setUint32(at, content.length);
    bytes.set(content, at + 4);
    at += 4 + content.length;
  }
  return bytes;
}

/**
 * The challenge is the SSHSIG to-be-signed blob, not the digest alone (§4.1): so the answer is an
 * ordinary SSH signature for one purpose, and a passkey's sign-in can never pass for an approval.
 */
export function passkeyChallenge(
  namespace: Namespace,
  sha256OfText: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const magic = new TextEncoder().encode("SSHSIG");
  const rest = wire([namespace, "", "sha256", sha256OfText]);
  const challenge = new Uint8Array(magic.length + rest.length);
  challenge.set(magic);
  challenge.set(rest, magic.length);
  return challenge;
}

/** P-256 alone has an SPKI of this length: a fixed head, then the point as 04‖x‖y (RFC 5480). */
const SPKI_BYTES = 91;
const POINT_BYTES = 65;
const SPKI_HEAD = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";

/** The line of a key from what `getPublicKey()` gives; null for any other kind than ES256. */
export function passkeyLine(spki: Uint8Array, rpId: string): string | null {
  if (spki.length !== SPKI_BYTES || !base64Of(spki).startsWith(SPKI_HEAD)) return null;
  return keyLineOfPoint(spki.subarray(SPKI_BYTES - POINT_BYTES), rpId);
}

/** The line of a point of P-256 that is known to be one. */
export function keyLineOfPoint(point: Uint8Array, rpId: string): string {
  return `${PASSKEY_KEY_TYPE} ${base64Of(wire([PASSKEY_KEY_TYPE, "nistp256", point, rpId]))}`;
}

/**
 * The desk tells which credential a key is in the line's comment, because whoever signs later asks
 * the browser for that very credential.
 */
export function credentialComment(credential: string): string {
  return `credential=${credential}`;
}

const CREDENTIAL = /(?:^| )credential=([A-Za-z0-9_-]{1,1364})(?: |$)/;

/** The credential that a key's line names in its comment (at most 1,023 bytes, WebAuthn §5.8.3). */
export function credentialIn(line: string): string | null {
  const [, , ...comment] = line.trim().split(" ");
  return CREDENTIAL.exec(comment.join(" "))?.[1] ?? null;
}

export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function base64urlOf(bytes: Uint8Array): string {
  return base64Of(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function bytesOfBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
