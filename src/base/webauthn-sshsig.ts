import { createHash } from "node:crypto";
import { readPair } from "./p256.ts";
import { type PublicKey, wireMpint, wireString } from "./ssh-key.ts";
import { armourSignature, type Namespace, toBeSigned, verifySshSignature } from "./sshsig.ts";
import {
  clientDataFault,
  isOriginOf,
  PASSKEY_SIGNATURE_TYPE,
  readAuthenticatorData,
} from "./webauthn.ts";

/**
 * Turns a passkey's answer into an ordinary SSH signature that stock `ssh-keygen -Y verify` ≥ 8.4
 * checks, site binding included (host protocol §4.2), so hosts need neither openssl nor WebAuthn.
 */
export interface PasskeyAnswer {
  readonly authenticatorData: Uint8Array;
  readonly clientData: Uint8Array;
  /** ECDSA-Sig-Value (RFC 3279 §2.2.3), as WebAuthn §6.5.5 demands of ES256. */
  readonly signature: Uint8Array;
}

export type Converted =
  | { readonly ok: true; readonly armoured: string; readonly flags: number }
  | { readonly ok: false; readonly why: string };

/** What to do where a passkey's answer cannot become an SSH signature. */
export const PASSKEY_HINT = "Sign with an SSH key instead, or with another passkey.";

export function passkeyToSshSignature(of: {
  readonly namespace: Namespace;
  readonly bytes: string | Uint8Array;
  readonly key: PublicKey;
  readonly answer: PasskeyAnswer;
}): Converted {
  const { key, answer, namespace, bytes } = of;
  const rpId = key.application;
  if (rpId === null || key.jwk.crv !== "P-256") return no("the key is no passkey of kind ES256");
  const data = readAuthenticatorData(answer.authenticatorData);
  if (typeof data === "string") return no(data);
  const site = createHash("sha256").update(rpId).digest();
  if (!data.rpIdHash.equals(site)) return no("the passkey answered for another site");
  const clientData = Buffer.from(answer.clientData).toString("utf8");
  const origin = originIn(clientData);
  if (origin === null)
    return no("the client data cannot be read, or is of a frame in another page");
  if (!isOriginOf(origin, rpId)) return no(`${origin.slice(0, 100)} is not the site of the key`);
  const fault = clientDataFault({
    clientData,
    origin,
    signed: toBeSigned(namespace, "sha256", bytes),
  });
  if (fault !== null) return no(fault);
  const pair = readPair(answer.signature);
  if (pair === null) return no("the signature is not in the form of ES256");
  const signature = Buffer.concat([
    wireString(PASSKEY_SIGNATURE_TYPE),
    wireString(Buffer.concat(pair.map(wireMpint))),
    Buffer.from([data.flags]),
    data.counter,
    ...[origin, answer.clientData, data.extensions].map(wireString),
  ]);
  const armoured = armourSignature({ publicKey: key.blob, namespace, signature });
  const publicKeyLine = `${key.type} ${key.base64}`;
  const verdict = verifySshSignature({ namespace, bytes, armoured, publicKeyLine });
  return verdict.ok ? { ok: true, armoured, flags: data.flags } : verdict;
}

function no(why: string): Converted {
  return { ok: false, why };
}

/** `crossOrigin` means that another site's page held the one that asked (WebAuthn §5.8.1). */
function originIn(clientData: string): string | null {
  try {
    const data: unknown = JSON.parse(clientData);
    if (typeof data !== "object" || data === null || !("origin" in data)) return null;
    if ("crossOrigin" in data && data.crossOrigin !== false) return null;
    return typeof data.origin === "string" ? data.origin : null;
  } catch {
    return null;
  }
}
